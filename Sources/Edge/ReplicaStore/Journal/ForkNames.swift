import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// What is known of forks, as one connection has read it, and the names that it gives to what the journal holds.
final class ForkNames {
    private(set) var forks = Forks.none
    /// What the domain makes of names.
    var observer: (any MergeObserver)?
    private var version: Int64 = 0
    private let selectVersion: Statement
    private let selectFacts: Statement
    private unowned let journal: Journal
    private var heads: [Dot: UInt64] = [:]
    private var isLookingBack = false

    init(_ connection: OpaquePointer, _ journal: Journal) {
        self.journal = journal
        selectVersion = Statement(connection, "SELECT value FROM meta WHERE key = '\(Meta.forksKey)'")
        selectFacts = Statement(connection, "SELECT bytes FROM fork_fact")
    }

    /// Reads what has become known since the last time: one look-up where nothing has.
    func refresh() throws(StoreError) {
        let now = try selectVersion.step() ? selectVersion.integer(0) : 0
        selectVersion.reset()
        guard now != version else { return }
        version = now
        heads = [:]
        defer { selectFacts.reset() }
        var facts: Set<ForkFact> = []
        while try selectFacts.step() {
            do throws(DecodingFailure) { facts.insert(try ForkFact(selectFacts.bytes(0))) } catch {
                throw .damaged("what is known of forks", error)
            }
        }
        forks = Forks(facts)
    }

    /// What was read in a transaction that did not come to its end is no more.
    func rolledBack() {
        if version != 0 { version = -1 }
    }

    /// The change sets of a run as they are called here.
    /// - Parameters:
    ///   - name: the name that the run goes by.
    ///   - first: the number of its first change set under that name.
    func sets(_ segment: Segment, as name: ReplicaID, from first: Sequence32) throws(StoreError) -> [ChangeSet] {
        try refresh()
        return named(segment.changeSets, as: name, after: segment.first - first)
    }

    func named(_ sets: [ChangeSet], as name: ReplicaID, after: Sequence32) -> [ChangeSet] {
        guard let origin = sets.first?.dot.origin, !forks.isEmpty || name != origin else { return sets }
        var renaming = renaming(name, writtenAs: origin, after: after)
        return sets.map { renaming.changeSet($0, document: derivedName, value: derivedValue) }
    }

    func renaming(_ name: ReplicaID, writtenAs origin: ReplicaID, after: Sequence32) -> Renaming {
        Renaming(forks, name, writtenAs: origin, after: after) { [unowned self] in head(of: name, writtenAs: $0) }
    }

    private func derivedName(_ set: ChangeSet, _ names: Renaming) -> RecordName? {
        guard set.documentKind == EngineRecords.verdict.tag else { return observer?.derivedName(of: set, names) }
        for change in set.changes {
            for write in change.writes where write.field == EngineRecords.Verdict.subject.tag {
                guard case .reference(let subject) = write.value else { continue }
                return EngineRecords.Verdict.name(of: names.name(of: subject).dot, .cryptoSHA256)
            }
        }
        return nil
    }

    private func derivedValue(_ value: Value, _ kind: UInt32, _ field: FieldTag, _ names: Renaming) -> Value {
        observer?.derivedValue(value, kind, field, names) ?? value
    }

    /// The first 64 bits of the head of an author's chain at a sequence as it was written.
    private func head(of name: ReplicaID, writtenAs sequence: Sequence32) -> UInt64? {
        guard let holder = forks.path(to: name).last(where: { forks.written($0).after < sequence }) else { return nil }
        let dot = Dot(holder, sequence - forks.written(holder).after)
        if let known = heads[dot] { return known }
        // To follow a chain, documents' salts are looked up by names that may depend on just this.
        guard !isLookingBack else { return nil }
        isLookingBack = true
        defer { isLookingBack = false }
        guard let digest = try? journal.chainDigest(of: dot.origin, at: dot.sequence, SegmentCodec()) else {
            return nil
        }
        heads[dot] = digest.words.0
        return digest.words.0
    }
}

extension Journal {
    /// What is known of forks by now.
    func forks() throws(StoreError) -> Forks {
        try names.refresh()
        return names.forks
    }

    /// Adds facts to what is known.
    func know(_ facts: some Sequence<ForkFact>) throws(StoreError) {
        for fact in facts { try insertFact(fact.bytes) }
        try set(Meta.forksKey, number(Meta.forksKey) + 1)
        try names.refresh()
    }
}
