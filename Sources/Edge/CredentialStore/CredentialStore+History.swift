import ChangeSets
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// What happened to a document, as far as this replica's journal tells.
public struct DocumentHistory: Sendable {
    /// The oldest first, along causality.
    public let changeSets: [ChangeSet]
    /// Whether all that the document's state reflects is here; it is not where the document came as a snapshot.
    public let isComplete: Bool
    /// The writes to `latest` fields that lost to one made at the same time: merged without asking anybody.
    public let autoMerged: Set<WriteName>
}

/// Where a write stands: the change set, the record and the field.
public struct WriteName: Hashable, Sendable {
    public let dot: Dot
    public let record: RecordName
    public let field: FieldTag

    public init(_ dot: Dot, _ record: RecordName, _ field: FieldTag) {
        self.dot = dot
        self.record = record
        self.field = field
    }
}

/// A write that lost to another one made at the same time, and the one that is shown.
public struct AutoMerge: Sendable {
    public let document: RecordName
    public let record: RecordName
    public let kind: UInt32
    public let field: FieldTag
    public let winner: Claim
    public let losers: [Claim]

    public struct Claim: Hashable, Sendable {
        public let dot: Dot
        public let stamp: Stamp
        public let time: Int64
        public let actor: String
        public let value: Value
    }
}

extension CredentialStore {
    public func history(of document: RecordName) throws(StoreError) -> DocumentHistory {
        let sets = try replica.history(of: document)
        let context = try reading { records, _ in try records.documentContext(document) }
        // Behind a change set that is not here none counts, however many are.
        var held = Context.empty
        for set in sets where held.covers(set.deps) { held.include(set.dot) }
        var cells = ConcurrentWrites()
        for set in sets { cells.note(set) }
        let losers = cells.merged.flatMap { cell in
            cell.losers.map { WriteName($0.dot, cell.record, cell.field) }
        }
        let begins = document.isHash || sets.contains { $0.dot == document.dot }
        return DocumentHistory(
            changeSets: sets, isComplete: begins && held.covers(context), autoMerged: Set(losers))
    }

    /// What merged by itself in one document.
    public func autoMerged(in document: RecordName) throws(StoreError) -> [AutoMerge] {
        var cells = ConcurrentWrites()
        for set in try replica.history(of: document) { cells.note(set) }
        return cells.merged
    }

    /// What merged by itself anywhere in this journal, by document. Reads all of it twice; at headquarters that is
    /// everything.
    public func autoMerged() throws(StoreError) -> [AutoMerge] {
        // Only a document that two replicas wrote to can hold concurrent writes: the others take no memory.
        var origins: [RecordName: ReplicaID] = [:]
        var shared = Set<RecordName>()
        try replica.eachChangeSet { set in
            if let origin = origins[set.document] {
                if origin != set.dot.origin { shared.insert(set.document) }
            } else {
                origins[set.document] = set.dot.origin
            }
        }
        origins.removeAll()
        var cells = ConcurrentWrites()
        try replica.eachChangeSet { set in
            if shared.contains(set.document) { cells.note(set) }
        }
        return cells.merged
    }
}

/// The writes to `latest` cells that no write has seen, in whatever order they come.
struct ConcurrentWrites {
    private struct CellName: Hashable {
        let document: RecordName
        let record: RecordName
        let kind: UInt32
        let field: FieldTag
    }

    fileprivate struct Cell {
        var claims: [AutoMerge.Claim] = []
        var seen = Context.empty
    }

    private var cells: [CellName: Cell] = [:]

    mutating func note(_ set: ChangeSet) {
        for change in set.changes {
            for write in change.writes where write.field.mergeClass == .one && !Self.isDerived(write.field, change.kind)
            {
                let name = CellName(
                    document: set.document, record: change.record, kind: change.kind, field: write.field)
                cells[name, default: Cell()].note(set, write)
            }
        }
    }

    /// The key for look-ups follows from the name: nobody wrote it.
    private static func isDerived(_ field: FieldTag, _ kind: UInt32) -> Bool {
        kind == Person.kind.tag && field == Person.nameKey.tag
    }

    /// The cells where somebody's write lost, by document, record and field.
    var merged: [AutoMerge] {
        cells.compactMap { name, cell in
            let claims = cell.claims.sorted { ($0.stamp, $0.dot) < ($1.stamp, $1.dot) }
            guard let winner = claims.last else { return nil }
            let losers = claims.dropLast().filter { $0.value != winner.value }
            guard !losers.isEmpty else { return nil }
            return AutoMerge(
                document: name.document, record: name.record, kind: name.kind, field: name.field, winner: winner,
                losers: Array(losers))
        }.sorted { ($0.document, $0.record, $0.field) < ($1.document, $1.record, $1.field) }
    }
}

extension ConcurrentWrites.Cell {
    mutating func note(_ set: ChangeSet, _ write: Write) {
        claims.removeAll { set.removal.covers($0.dot) }
        seen.formUnion(set.removal)
        guard !seen.covers(set.dot), !claims.contains(where: { $0.dot == set.dot }) else { return }
        claims.append(
            AutoMerge.Claim(
                dot: set.dot, stamp: set.stamp, time: set.time, actor: set.actor.string, value: write.value))
    }
}
