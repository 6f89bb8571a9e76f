import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol

/// What a replica must keep so that sessions can run over it. Everything that a commit acknowledges is fsynced before
/// the method returns. A method throws only where the disk or the database fails: what a peer sent wrong is an outcome.
public protocol SessionStore: Sendable {
    // MARK: Towards a parent

    /// Who this replica is, its head, and what it knows of the hub that it met last.
    func greeting() async throws -> Greeting
    /// What it knows of this hub and epoch; empty cursors where they never met.
    func memory(of lineage: HubLineage) async throws -> ParentMemory
    /// The hashes of an origin's chain at sequences of at least 1; nil where it is not verified or was trimmed.
    func chainHashes(of origin: ReplicaID, at sequences: [Sequence32]) async throws -> [ChainHash?]
    /// What the journal holds, of whatever origin, and this hub has not receipted; with `awaitingHQ` also what it has
    /// receipted and is not known to be at HQ. What came down from a hub counts as receipted by it.
    func unsent(to lineage: HubLineage, awaitingHQ: Bool) async throws -> [OfferedOrigin]
    /// A run of at most 1 MiB that starts at the range's start and may end before its end; nil where the journal no
    /// longer holds it.
    func segment(of origin: ReplicaID, in range: ClosedRange<Sequence32>) async throws -> SegmentPayload?
    /// The digest of all that is here of a scope.
    func digest(of scope: ScopeName) async throws -> Digest256
    /// What to make of a parent's parts of a scope.
    func findings(_ scope: ScopeName, _ parts: [ComparedPart]) async throws -> ComparedFindings
    /// The documents about which the hub is to be asked, at most ``SyncLimits/fetchDocumentsMax``.
    func wanted() async throws -> [DocumentKey]
    /// Performs the commits in order, each whole or not at all. Returns the outcomes of the `.feed` ones in order; at
    /// one that is refused it stops, without moving that cursor.
    func commit(_ commits: [ReplicaCommit]) async throws -> [SegmentOutcome]

    /// Makes of a fork whatever can be made of it, so that the next session goes on.
    /// - Returns: whether it is settled; else the parent's other history of that origin stays disputed.
    func settle(_ divergence: Divergence) async throws -> Bool

    // MARK: Towards children

    /// Who this hub is now.
    func hubIdentity() async throws -> HubIdentity
    /// Takes a new name and a new epoch, if the hub still bears `replica`: those below know more than this store.
    func takeNewIncarnation(insteadOf replica: ReplicaID) async throws
    /// The hashes that a child asks for.
    func chainHashes(_ probe: ChainProbe) async throws -> ChainHashes
    /// What a welcome says of a child.
    func standing(_ query: StandingQuery) async throws -> Standing
    /// One answer for each query, in order.
    func held(_ queries: [HeldQuery]) async throws -> [HeldOrigin]
    /// Items after a position: about `bytesMax` bytes, at least one where there is any. `within` are all of the child's
    /// scopes.
    func feed(
        _ scope: ScopeName, after: FeedPosition, bytesMax: Int, within: [ScopeName]
    ) async throws -> FeedPage
    /// A chunk after a cursor, or the first: at most `bytesMax` bytes.
    func snapshot(_ scope: ScopeName, after: SnapshotCursor?, bytesMax: Int) async throws -> SnapshotPage
    /// How this hub differs from ranges as a child has them, and the feed's end when it looked.
    func compare(
        _ scope: ScopeName, _ ranges: [RangeDigest]
    ) async throws -> (position: FeedPosition, parts: [ComparedPart])
    /// The states of the first of these documents that fit into `bytesMax`, as a snapshot chunk; of those outside of the
    /// child's scopes no more than context and scopes.
    func states(
        _ documents: [DocumentKey], bytesMax: Int, within: [ScopeName]
    ) async throws -> (answered: Int, bytes: [UInt8])
    /// Journals segments of any number of sessions with one fsync. One outcome for each, in order.
    /// - Parameter hubs: the name that this hub bore when each segment's session began. What was agreed on under another
    ///   name than it bears now holds no more, and the segment is refused.
    func commit(_ segments: [SegmentPayload], of hubs: [ReplicaID]) async throws -> [SegmentOutcome]

    // MARK: Changes

    /// Calls the observer after each commit that changes something for others, until the observation is cancelled. The
    /// observer returns at once and calls nothing of the store.
    func observe(_ observer: @escaping @Sendable (StoreChange) -> Void) -> any StoreObservation
}

/// What a commit changed for others.
public enum StoreChange: Hashable, Sendable {
    /// The journal holds more; a parent may lack it.
    case journalGrew
    case feedsAdvanced([ScopeName])
    /// These are now known to be at HQ.
    case reachedHQ([OriginRanges])
    /// The replica goes by a new name: what its sessions said of it no longer holds.
    case identityChanged
}

/// Ends an observer's calls.
public protocol StoreObservation: Sendable {
    func cancel()
}

extension SessionStore {
    /// Performs a child's load.
    package func answer(_ load: ReplicaLoad) async throws -> ReplicaLoaded {
        switch load {
        case .greeting: .greeting(try await greeting())
        case .memory(let lineage): .memory(try await memory(of: lineage))
        case .chainHashes(let origin, let sequences):
            .chainHashes(try await chainHashes(of: origin, at: sequences))
        case .unsent(let lineage, let awaitingHQ):
            .unsent(try await unsent(to: lineage, awaitingHQ: awaitingHQ))
        case .segment(let origin, let range): .segment(try await segment(of: origin, in: range))
        case .scopeDigest(let scope): .scopeDigest(try await digest(of: scope))
        case .findings(let scope, let parts): .findings(try await findings(scope, parts))
        case .wanted: .wanted(try await wanted())
        }
    }

    /// Performs a hub's load; the clock is read when the standing is there.
    package func answer(_ load: HubLoad, clock: @Sendable () -> Int64) async throws -> HubLoaded {
        switch load {
        case .standing(let query):
            let standing = try await standing(query)
            return .standing(standing, clock: clock())
        case .held(let queries): return .held(try await held(queries))
        case .chainHashes(let probe): return .chainHashes(try await chainHashes(probe))
        case .newName(let replica, _):
            try await takeNewIncarnation(insteadOf: replica)
            return .newName
        case .feed(let scope, let after, let bytesMax, let within):
            return .feed(scope, try await feed(scope, after: after, bytesMax: bytesMax, within: within))
        case .snapshot(let scope, let after, let bytesMax):
            return .snapshot(scope, try await snapshot(scope, after: after, bytesMax: bytesMax))
        case .compare(let scope, let ranges):
            let (position, parts) = try await compare(scope, ranges)
            return .compared(scope, position: position, parts: parts)
        case .states(let scope, let documents, let bytesMax, let within):
            let (answered, bytes) = try await states(documents, bytesMax: bytesMax, within: within)
            return .states(scope, answered: answered, bytes: bytes)
        }
    }
}
