import ChangeSets
import HubLogic
import HybridTime
import Merging
import SyncProtocol

/// Both stores as one: the one on SQLite answers, and the one in memory is given the same work. Where they differ, one of
/// them is wrong.
public final class PairedReplica: SimulatedStore {
    private let disk: DiskReplica
    private let makeMemory: () -> MemoryReplica
    private var memory: MemoryReplica

    init(_ disk: DiskReplica, memory: @escaping () -> MemoryReplica) {
        self.disk = disk
        makeMemory = memory
        self.memory = memory()
    }

    public var replica: ReplicaID { disk.replica }
    public var failingCommits: Int {
        get { disk.failingCommits }
        set { disk.failingCommits = newValue }
    }
    public var cutInNextCommit: Bool {
        get { disk.cutInNextCommit }
        set { disk.cutInNextCommit = newValue }
    }

    public func commit(_ drafts: [Draft], time: Int64) throws(SimulatedFailure) -> [ChangeSet] {
        let sets = try disk.commit(drafts, time: time)
        memory.adopt(sets)
        for set in sets where disk.context(of: set.document) != memory.context(of: set.document) {
            throw .broken("after \(set.dot) the stores' contexts differ")
        }
        return sets
    }

    public func perform(_ commits: [ReplicaCommit]) throws(SimulatedFailure) -> [SegmentOutcome] {
        // Each commit is a transaction of its own: some may be done before one fails.
        var outcomes: [SegmentOutcome] = []
        for commit in commits {
            let mine = try disk.perform([commit])
            let theirs = try memory.perform([commit])
            try compare(mine, theirs)
            outcomes += mine
            if mine.contains(where: { !$0.isDurable }) { break }
        }
        return outcomes
    }

    public func take(_ payloads: [SegmentPayload]) throws(SimulatedFailure) -> [SegmentOutcome] {
        let mine = try disk.take(payloads)
        try compare(mine, memory.take(payloads))
        return mine
    }

    private func compare(_ mine: [SegmentOutcome], _ theirs: [SegmentOutcome]) throws(SimulatedFailure) {
        guard mine.count == theirs.count else { throw .broken("the stores took \(mine.count) and \(theirs.count)") }
        for (left, right) in zip(mine, theirs) {
            guard left.range == right.range, left.isDurable == right.isDurable,
                (left.verdict == .duplicate) == (right.verdict == .duplicate)
            else { throw .broken("the stores made \(left) and \(right) of one segment") }
            let (one, other) = (try disk.held(left.origin), memory.held(left.origin))
            guard one == other else { throw .broken("the stores hold \(one.ranges) and \(other.ranges)") }
        }
    }

    /// The one in memory takes over what the disk kept: what was under way may have come to its end or not.
    public func crash() throws(SimulatedFailure) {
        try disk.crash()
        memory = makeMemory()
        var payloads: [SegmentPayload] = []
        for origin in try disk.heldOrigins() {
            for range in try disk.held(origin).ranges { payloads += try disk.segments(origin, range) }
        }
        try memory.takeOver(try disk.allStates(), payloads, parked: try disk.parked())
    }

    public func flaws() throws(SimulatedFailure) -> [String] {
        var flaws = try disk.flaws()
        let theirs = Dictionary(uniqueKeysWithValues: try disk.allStates().map { ($0.name, $0) })
        for name in Set(theirs.keys).union(memory.documents()).sorted()
        where !same(theirs[name], memory.state(of: name)) {
            flaws.append("\(name) differs between the stores")
        }
        if try disk.parked() != memory.parked() { flaws.append("what is parked differs between the stores") }
        return flaws
    }

    private func same(_ left: DocumentState?, _ right: DocumentState?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        guard left.context == right.context, left.greatest == right.greatest, left.kind == right.kind,
            left.salt == right.salt, Set(left.records.keys) == Set(right.records.keys)
        else { return false }
        return left.records.allSatisfy { name, record in
            let other = right.records[name]
            return record.kind == other?.kind && record.cells.map(\.tag) == other?.cells.map(\.tag)
                && zip(record.cells, other?.cells ?? []).allSatisfy { Set($0.siblings) == Set($1.siblings) }
        }
    }

    public func context(of document: RecordName) -> Context { disk.context(of: document) }
    public func takeNews() -> StoreNews { disk.takeNews() }
    public func answer(_ load: ReplicaLoad) throws(SimulatedFailure) -> ReplicaLoaded { try disk.answer(load) }
    public func hubIdentity() throws(SimulatedFailure) -> HubIdentity { try disk.hubIdentity() }
    public func answer(_ load: HubLoad, clock: Int64) throws(SimulatedFailure) -> HubLoaded {
        try disk.answer(load, clock: clock)
    }
    public func state(of document: RecordName) throws(SimulatedFailure) -> DocumentState? {
        try disk.state(of: document)
    }
    public func allStates() throws(SimulatedFailure) -> [DocumentState] { try disk.allStates() }
    public func contexts(of documents: [RecordName]) -> [Context] { disk.contexts(of: documents) }
    public func held(_ origin: ReplicaID) throws(SimulatedFailure) -> SequenceRanges { try disk.held(origin) }
    public func chainHash(_ origin: ReplicaID, at sequence: Sequence32) throws(SimulatedFailure) -> ChainHash? {
        try disk.chainHash(origin, at: sequence)
    }
    public func parked() throws(SimulatedFailure) -> [Dot] { try disk.parked() }
    public func quarantined() throws(SimulatedFailure) -> [Dot] { try disk.quarantined() }
    public func journal(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>
    ) throws(SimulatedFailure) -> [ChangeSet] { try disk.journal(origin, range) }
}
