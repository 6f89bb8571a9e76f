import ByteCoding
import ChangeSets
import HubLogic
import HybridTime
import Merging
import SyncProtocol

/// A replica's store as the simulator uses it: what people do at a desk, what sessions ask for, and what the checkers
/// look at. One implementation is plain memory, another is the real one over SQLite.
public protocol SimulatedStore: AnyObject {
    var replica: ReplicaID { get }

    // What people do.

    /// Commits drafts as one group; when it returns, they are saved.
    func commit(_ drafts: [Draft], time: Int64) throws(SimulatedFailure) -> [ChangeSet]
    /// What the replica has of a document now; empty where it has nothing.
    func context(of document: RecordName) -> Context

    // What sessions ask for.

    func answer(_ load: ReplicaLoad) throws(SimulatedFailure) -> ReplicaLoaded
    func perform(_ commits: [ReplicaCommit]) throws(SimulatedFailure) -> [SegmentOutcome]
    func hubIdentity() throws(SimulatedFailure) -> HubIdentity
    func answer(_ load: HubLoad, clock: Int64) throws(SimulatedFailure) -> HubLoaded
    func take(_ payloads: [SegmentPayload]) throws(SimulatedFailure) -> [SegmentOutcome]
    /// What changed since the last call.
    func takeNews() -> StoreNews

    // Its disk.

    /// The power goes; what was not durable is gone. The store is open again when it returns.
    func crash() throws(SimulatedFailure)
    /// How many of the next commits fail and leave nothing.
    var failingCommits: Int { get set }
    /// Whether the power goes somewhere in the middle of the next commit, which then throws `powerCut`.
    var cutInNextCommit: Bool { get set }

    // What checkers look at.

    func state(of document: RecordName) throws(SimulatedFailure) -> DocumentState?
    func allStates() throws(SimulatedFailure) -> [DocumentState]
    /// The contexts of some documents, in their order; empty where nothing is here.
    func contexts(of documents: [RecordName]) -> [Context]
    func held(_ origin: ReplicaID) throws(SimulatedFailure) -> SequenceRanges
    /// What is held, and what was taken out of the journal on purpose since.
    func heldOrTrimmed(_ origin: ReplicaID) throws(SimulatedFailure) -> SequenceRanges
    func chainHash(_ origin: ReplicaID, at sequence: Sequence32) throws(SimulatedFailure) -> ChainHash?
    /// How many documents the hub is to be asked about.
    func strayCount() throws(SimulatedFailure) -> Int
    /// The digest of all that is here of a scope; nil where none is kept.
    func digest(of scope: ScopeName) throws(SimulatedFailure) -> Digest256?
    /// Change sets that wait for others, ascending.
    func parked() throws(SimulatedFailure) -> [Dot]
    func quarantined() throws(SimulatedFailure) -> [Dot]
    /// Change sets out of the journal, where they are held.
    func journal(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>) throws(SimulatedFailure) -> [ChangeSet]
    /// What a look through the whole store finds wrong with it, one line each.
    func flaws() throws(SimulatedFailure) -> [String]
}

/// A store that holds everything.
extension SimulatedStore {
    public func heldOrTrimmed(_ origin: ReplicaID) throws(SimulatedFailure) -> SequenceRanges { try held(origin) }
    public func strayCount() -> Int { 0 }
    public func digest(of scope: ScopeName) -> Digest256? { nil }
}

/// What a store's observers would have been told.
public struct StoreNews {
    /// Change sets or state came in, from people here or from others.
    public var grew = false
    /// The feeds of these scopes grew.
    public var scopes: [ScopeName] = []
    /// These are now known to be at headquarters.
    public var reachedHQ: [OriginRanges] = []

    public init() {}
}

/// A store's operation did not come to its end.
public enum SimulatedFailure: Error, Equatable {
    /// The disk: nothing of the operation is there.
    case disk(String)
    /// The power went: nobody knows what of the operation is there until the store is open again.
    case powerCut
    /// The replica is behind its own work in that document.
    case behindOwnWork
    /// The document is not here.
    case unknownDocument
    /// Anything else: a fault of the engine.
    case broken(String)
}
