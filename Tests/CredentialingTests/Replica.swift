import ByteCoding
import ChangeSets
import Credentialing
import HybridTime
import Merging

/// A replica in memory: it commits drafts as a store does, delivers change sets, joins states, and keeps violations up to
/// date piece by piece.
struct Replica: RecordReading {
    let id: ReplicaID
    private(set) var documents: [RecordName: DocumentState] = [:]
    /// Every change set that was applied here, in the order of arrival.
    private(set) var journal: [ChangeSet] = []
    private(set) var violations: [RuleKey: Violation] = [:]
    private var sequence: Sequence32 = 0
    var now: Int64 = 1_700_000_000_000

    init(_ bits: UInt64) { id = ReplicaID(bits) }

    /// A second replica that starts from the same state.
    func copy(_ bits: UInt64) -> Replica {
        var copy = Replica(bits)
        copy.documents = documents
        copy.journal = journal
        copy.violations = violations
        copy.now = now
        return copy
    }

    /// Carries out a command at this replica's time.
    @discardableResult
    mutating func run(_ command: some Command, by actor: String) throws -> [ChangeSet] {
        let drafts = try command.drafts(
            reading: self, actor: ActorIdentity(actor, station: "desk-\(id.bits)"), now: now)
        let dots = drafts.indices.map { Dot(id, sequence + Sequence32($0) + 1) }
        sequence += Sequence32(drafts.count)
        var sets: [ChangeSet] = []
        for (number, draft) in drafts.enumerated() {
            var document = RecordName(dots[number], 0)
            if case .document(let name) = draft.target { document = name }
            let state = documents[document]
            let set = draft.changeSet(
                number, dots: dots, salt: Salt.none, time: now, stamp: (state?.greatest ?? .zero).next(wallTime: now),
                deps: state?.context ?? .empty)
            try apply(set)
            sets.append(set)
        }
        return sets
    }

    mutating func apply(_ set: ChangeSet) throws {
        var state = documents[set.document] ?? DocumentState(name: set.document, kind: set.documentKind, salt: .none)
        guard state.context.covers(set.deps) else { throw ReadingFailure("\(set.dot) came before what it rests on") }
        guard state.apply(set.changes, dot: set.dot, stamp: set.stamp, seen: set.removal) else { return }
        documents[set.document] = state
        journal.append(set)
        try refresh(Set(set.changes.map(\.record)))
    }

    /// Delivers another replica's change sets.
    mutating func receive(_ other: Replica) throws {
        for set in other.journal { try apply(set) }
    }

    /// Joins another replica's states, as a snapshot does.
    mutating func join(_ other: Replica) throws {
        var touched = Set<RecordName>()
        for (name, theirs) in other.documents {
            if var mine = documents[name] {
                mine.join(theirs)
                documents[name] = mine
            } else {
                documents[name] = theirs
            }
            touched.formUnion(theirs.records.keys)
        }
        try refresh(touched)
    }

    /// What a store does after a merge.
    private mutating func refresh(_ names: Set<RecordName>) throws {
        let touched = views.filter { names.contains($0.name) }
        let changed = Set(touched.map(\.document))
        let standing = violations.values.filter { !changed.isDisjoint(with: $0.documents) }.map(\.key)
        for key in try RuleBook.standard.keys(touched: touched, standing: standing, reading: self) {
            violations[key] = try RuleBook.standard.evaluate(key, reading: self)
        }
    }

    /// All violations of the merged state, from nothing.
    func derivedViolations() throws -> [RuleKey: Violation] {
        var result: [RuleKey: Violation] = [:]
        for key in try RuleBook.standard.keys(touched: views, standing: [], reading: self) {
            if let violation = try RuleBook.standard.evaluate(key, reading: self) { result[key] = violation }
        }
        return result
    }

    func violations(of rule: RuleID) -> [Violation] {
        violations.values.filter { $0.rule == rule }.sorted { $0.key < $1.key }
    }

    /// The same replica after these documents left its scopes.
    func without(_ gone: Set<RecordName>) -> Replica {
        var copy = self
        copy.documents = documents.filter { !gone.contains($0.key) }
        return copy
    }

    // MARK: Reading

    var views: [RecordView] {
        documents.values.flatMap { document in
            document.records.compactMap { name, state in
                CredentialingSchema.schema.record(state.kind).map {
                    RecordView(name: name, document: document.name, kind: $0, state: state)
                }
            }
        }.sorted { ($0.name, $0.kind.tag) < ($1.name, $1.kind.tag) }
    }

    func record(_ name: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> RecordView? {
        views.first { $0.name == name && $0.kind.tag == kind.tag }
    }

    func records(_ kind: RecordKind, matching matches: [Match]) throws(ReadingFailure) -> [RecordView] {
        let wanted = matches.map(\.field.name)
        guard !wanted.isEmpty, kind.indexes.contains(where: { Array($0.prefix(wanted.count)) == wanted }) else {
            throw ReadingFailure("no index of \(kind.name) begins with \(wanted)")
        }
        return views.filter { view in
            view.kind.tag == kind.tag && matches.allSatisfy { $0.value != .null && view[$0.field] == $0.value }
        }
    }

    func records(in document: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> [RecordView] {
        views.filter { $0.document == document && $0.kind.tag == kind.tag }
    }

    func documentContext(_ name: RecordName) throws(ReadingFailure) -> Context { documents[name]?.context ?? .empty }
}

/// Four lanes of FNV-1a: enough to tell test data apart, and the same on every run.
let digesting = Digesting { bytes in
    var lanes: [UInt64] = [0xcbf2_9ce4_8422_2325, 1, 2, 3]
    for byte in bytes {
        for lane in lanes.indices {
            lanes[lane] = (lanes[lane] ^ UInt64(byte)) &* (0x100_0000_01b3 &+ UInt64(lane) << 8)
        }
    }
    return Digest256(words: (lanes[0], lanes[1], lanes[2], lanes[3]))
}
