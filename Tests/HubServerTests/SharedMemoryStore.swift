import ByteCoding
import HubLogic
import HybridTime
import NIOConcurrencyHelpers
import SyncProtocol
import SyncTestSupport
import SyncTransport

/// A memory store behind a lock, as many sessions see it.
final class SharedMemoryStore: SessionStore {
    private struct State {
        var store: MemoryStore
        var observers: [Int: @Sendable (StoreChange) -> Void] = [:]
        var nextObserver = 0
        var failure: StorageFailure?
    }

    private struct Observation: StoreObservation {
        let owner: SharedMemoryStore
        let number: Int

        func cancel() { owner.state.withLockedValue { $0.observers[number] = nil } }
    }

    private let state: NIOLockedValueBox<State>

    init(_ store: MemoryStore) { state = NIOLockedValueBox(State(store: store)) }

    var snapshot: MemoryStore { state.withLockedValue(\.store) }

    /// Lets every commit of segments fail until it is nil again.
    func fail(with failure: StorageFailure?) { state.withLockedValue { $0.failure = failure } }

    func change<Result: Sendable>(_ body: (inout MemoryStore) -> Result) -> Result {
        let (result, changes, observers) = state.withLockedValue { state in
            let before = state.store
            let result = body(&state.store)
            return (result, state.store.changes(since: before), Array(state.observers.values))
        }
        for change in changes { for observer in observers { observer(change) } }
        return result
    }

    func greeting() async throws -> Greeting { snapshot.greeting() }
    func memory(of lineage: HubLineage) async throws -> ParentMemory { snapshot.memory(of: lineage) }
    func chainHashes(of origin: ReplicaID, at sequences: [Sequence32]) async throws -> [ChainHash?] {
        let store = snapshot
        return sequences.map { store.hash(of: origin, at: $0) }
    }
    /// A memory store has no other name to take.
    func settle(_ divergence: Divergence) async throws -> Bool { false }
    func unsent(to lineage: HubLineage, awaitingHQ: Bool) async throws -> [OfferedOrigin] {
        snapshot.unsent(lineage, awaitingHQ: awaitingHQ)
    }
    func segment(of origin: ReplicaID, in range: ClosedRange<Sequence32>) async throws -> SegmentPayload? {
        snapshot.segment(origin, range)
    }
    func digest(of scope: ScopeName) async throws -> Digest256 { .zero }
    func findings(_ scope: ScopeName, _ parts: [ComparedPart]) async throws -> ComparedFindings { ComparedFindings() }
    func wanted() async throws -> [DocumentKey] { [] }
    func commit(_ commits: [ReplicaCommit]) async throws -> [SegmentOutcome] { change { $0.perform(commits) } }

    func takeNewIncarnation(insteadOf replica: ReplicaID) async throws {
        change { $0.takeNewLife(insteadOf: replica) }
    }
    func chainHashes(_ probe: ChainProbe) async throws -> ChainHashes { snapshot.chainHashes(probe) }
    func hubIdentity() async throws -> HubIdentity { snapshot.identity }
    func standing(_ query: StandingQuery) async throws -> Standing { snapshot.standing(query) }
    func held(_ queries: [HeldQuery]) async throws -> [HeldOrigin] { snapshot.heldOrigins(queries) }
    func feed(
        _ scope: ScopeName, after: FeedPosition, bytesMax: Int, within: [ScopeName]
    ) async throws -> FeedPage {
        snapshot.feed(scope, after: after, bytesMax: bytesMax)
    }
    func snapshot(_ scope: ScopeName, after: SnapshotCursor?, bytesMax: Int) async throws -> SnapshotPage {
        snapshot.snapshot(scope, after: after)
    }
    func compare(
        _ scope: ScopeName, _ ranges: [RangeDigest]
    ) async throws -> (position: FeedPosition, parts: [ComparedPart]) { (snapshot.feedEnd(scope), []) }
    func states(
        _ documents: [DocumentKey], bytesMax: Int, within: [ScopeName]
    ) async throws -> (answered: Int, bytes: [UInt8]) { (documents.count, []) }
    func commit(_ segments: [SegmentPayload], of hubs: [ReplicaID]) async throws -> [SegmentOutcome] {
        if let failure = state.withLockedValue(\.failure) { throw failure }
        return change { $0.commit(segments) }
    }

    func observe(_ observer: @escaping @Sendable (StoreChange) -> Void) -> any StoreObservation {
        let number = state.withLockedValue { state in
            state.nextObserver += 1
            state.observers[state.nextObserver] = observer
            return state.nextObserver
        }
        return Observation(owner: self, number: number)
    }
}

extension MemoryStore {
    /// What a commit changed for others.
    func changes(since before: MemoryStore) -> [StoreChange] {
        var changes: [StoreChange] = []
        let advanced = scopes.filter { feeds[$0]?.count != before.feeds[$0]?.count }
        if !advanced.isEmpty { changes.append(.feedsAdvanced(advanced)) }
        if held != before.held { changes.append(.journalGrew) }
        let reached = atHQ.keys.sorted().compactMap { origin -> OriginRanges? in
            let news = (atHQ[origin] ?? SequenceRanges()).subtracting(before.atHQ[origin] ?? SequenceRanges())
            return news.isEmpty ? nil : OriginRanges(origin: origin, ranges: news)
        }
        if !reached.isEmpty { changes.append(.reachedHQ(reached)) }
        return changes
    }
}
