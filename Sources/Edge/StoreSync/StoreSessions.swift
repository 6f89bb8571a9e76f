import ByteCoding
import Dispatch
import HubLogic
import HybridTime
import ReplicaStore
import SyncProtocol
import SyncTransport

/// A replica's store as sessions use it. SQLite blocks, so its work runs on queues of its own and never on the threads
/// that tasks share.
public final class StoreSessions: SessionStore {
    private let store: ReplicaStore
    private let isHeadquarters: Bool
    /// Added to the mark: after a restart, children ask again about all that is not at headquarters. An older state that
    /// was put back meanwhile may lack what they passed on, and want it.
    private let life = UInt64.random(in: 1 << 28...1 << 35)
    private let readers = DispatchQueue(label: "assay.store.readers", attributes: .concurrent)
    private let writer = DispatchQueue(label: "assay.store.writer")

    /// - Parameter isHeadquarters: whether this store is the end of the way up.
    public init(_ store: ReplicaStore, isHeadquarters: Bool = false) {
        self.store = store
        self.isHeadquarters = isHeadquarters
    }

    private func on<Result: Sendable>(
        _ queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    // MARK: Towards a parent

    public func greeting() async throws -> Greeting { try await on(readers) { try self.store.greeting() } }

    public func memory(of lineage: HubLineage) async throws -> ParentMemory {
        try await on(readers) { try self.store.memory(of: lineage) }
    }

    public func chainHashes(of origin: ReplicaID, at sequences: [Sequence32]) async throws -> [ChainHash?] {
        try await on(readers) { try self.store.chainHashes(of: origin, at: sequences) }
    }

    public func unsent(to lineage: HubLineage, awaitingHQ: Bool) async throws -> [OfferedOrigin] {
        try await on(readers) { try self.store.unsent(to: lineage, awaitingHQ: awaitingHQ) }
    }

    public func segment(of origin: ReplicaID, in range: ClosedRange<Sequence32>) async throws -> SegmentPayload? {
        try await on(readers) { try self.store.payload(of: origin, in: range) }
    }

    public func digest(of scope: ScopeName) async throws -> Digest256 {
        try await on(writer) { try self.store.digest(of: scope) }
    }

    public func findings(_ scope: ScopeName, _ parts: [ComparedPart]) async throws -> ComparedFindings {
        try await on(readers) { try self.store.findings(scope, parts) }
    }

    public func wanted() async throws -> [DocumentKey] { try await on(readers) { try self.store.wanted() } }

    public func commit(_ commits: [ReplicaCommit]) async throws -> [SegmentOutcome] {
        try await on(writer) { try self.store.perform(commits) }
    }

    public func settle(_ divergence: Divergence) async throws -> Bool {
        try await on(writer) { try self.store.settle(divergence) }
    }

    // MARK: Towards children

    public func takeNewIncarnation(insteadOf replica: ReplicaID) async throws {
        try await on(writer) { try self.store.takeNewIncarnation(insteadOf: replica, because: .hubRegressed) }
    }

    public func chainHashes(_ probe: ChainProbe) async throws -> ChainHashes {
        try await on(readers) { try self.store.chainHashes(probe) }
    }

    public func hubIdentity() async throws -> HubIdentity {
        try await on(readers) { try self.store.hubIdentity(isHeadquarters: self.isHeadquarters) }
    }

    public func standing(_ query: StandingQuery) async throws -> Standing {
        try await on(readers) {
            var standing = try self.store.standing(query, isHeadquarters: self.isHeadquarters)
            standing.receiptMark &+= self.life
            return standing
        }
    }

    public func held(_ queries: [HeldQuery]) async throws -> [HeldOrigin] {
        try await on(readers) { try self.store.held(queries, isHeadquarters: self.isHeadquarters) }
    }

    public func feed(
        _ scope: ScopeName, after: FeedPosition, bytesMax: Int, within: [ScopeName]
    ) async throws -> FeedPage {
        try await on(readers) { try self.store.feedPage(scope, after: after, bytesMax: bytesMax, within: within) }
    }

    public func snapshot(_ scope: ScopeName, after: SnapshotCursor?, bytesMax: Int) async throws -> SnapshotPage {
        try await on(readers) { try self.store.snapshotPage(scope, after: after, bytesMax: bytesMax) }
    }

    public func compare(
        _ scope: ScopeName, _ ranges: [RangeDigest]
    ) async throws -> (position: FeedPosition, parts: [ComparedPart]) {
        try await on(readers) { try self.store.compare(scope, ranges) }
    }

    public func states(
        _ documents: [DocumentKey], bytesMax: Int, within: [ScopeName]
    ) async throws -> (answered: Int, bytes: [UInt8]) {
        try await on(writer) { try self.store.states(of: documents, bytesMax: bytesMax, within: within) }
    }

    public func commit(_ segments: [SegmentPayload], of hubs: [ReplicaID]) async throws -> [SegmentOutcome] {
        try await on(writer) { try self.store.take(segments, of: hubs) }
    }

    // MARK: Changes

    public func observe(_ observer: @escaping @Sendable (StoreChange) -> Void) -> any StoreObservation {
        let isHub = store.isHub
        let isHeadquarters = isHeadquarters
        let id = store.changes.add { [store] event in
            switch event {
            case .committed, .applied:
                observer(.journalGrew)
                if isHub { observer(.feedsAdvanced(ReplicaStore.everything)) }
            case .elsewhere:
                observer(.journalGrew)
                // Which feeds another process wrote to is not told.
                let served = isHub ? (try? store.servedScopes()) ?? [] : []
                if isHub { observer(.feedsAdvanced(ReplicaStore.everything + served)) }
            case .scopesAdvanced(let scopes): if isHub { observer(.feedsAdvanced(scopes)) }
            case .reachedHQ(let ranges): if !isHeadquarters { observer(.reachedHQ(ranges)) }
            case .identityChanged: observer(.identityChanged)
            case .receipts: break
            }
        }
        return Observation(store: store, id: id)
    }

    private struct Observation: StoreObservation {
        let store: ReplicaStore
        let id: StoreChanges.ObserverID

        func cancel() { store.changes.remove(id) }
    }
}
