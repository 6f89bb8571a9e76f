import Logging
import SyncProtocol
import SyncTransport

/// The one writer of a hub. It takes what has gathered from all sessions, journals it with one call and one fsync, and
/// then lets each session write its receipts: under load the commits grow instead of the wait.
actor SegmentWriter {
    private struct Pending {
        let payload: SegmentPayload
        let connection: HubConnection
    }

    private let store: any SessionStore
    private let logger: Logger
    private let configuration: HubServer.Configuration
    private let metrics: HubMetrics
    private nonisolated let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private var queue: [Pending] = []
    private var queueBytes = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var isClosed = false
    private nonisolated let finished = FirstValue<Void>()
    /// How many commits there were, and how many segments they held.
    private(set) var commits = 0
    private(set) var segments = 0

    init(
        _ store: any SessionStore, _ configuration: HubServer.Configuration, _ metrics: HubMetrics, _ logger: Logger
    ) {
        self.store = store
        self.metrics = metrics
        self.configuration = configuration
        self.logger = logger
        (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Queues a segment. Suspends while too much waits, so that its connection is not read on.
    func submit(_ payload: SegmentPayload, from connection: HubConnection) async {
        while queueBytes >= configuration.queueBytesMax, !isClosed {
            await withCheckedContinuation { waiting.append($0) }
        }
        guard !isClosed else { return }
        queue.append(Pending(payload: payload, connection: connection))
        queueBytes += payload.bytes.count
        wake.yield()
    }

    /// Commits until it is closed and nothing waits.
    func run() async {
        defer { finished.set(.success(())) }
        for await _ in wakeups {
            while !queue.isEmpty { await commitBatch() }
            if isClosed { return }
        }
    }

    /// Takes nothing more, and returns when what waits is committed.
    func close() async {
        isClosed = true
        resumeWaiting()
        wake.yield()
        try? await finished.value
    }

    private func commitBatch() async {
        let batch = takeBatch()
        resumeWaiting()
        do {
            let begun = ContinuousClock.now
            let outcomes = try await store.commit(batch.map(\.payload), of: batch.map(\.connection.hub))
            metrics.committed(outcomes, in: .now - begun)
            precondition(outcomes.count == batch.count, "one outcome for each segment")
            commits += 1
            segments += batch.count
            for (connection, own) in grouped(batch, outcomes) { await connection.handle(.committed(own)) }
        } catch {
            metrics.commitFailed()
            logger.log(
                .error, .commitFailed, "a commit failed", ["error": "\(error)", "segments": "\(batch.count)"])
            let failure = StorageFailure(String(describing: error))
            for (connection, _) in grouped(batch, []) { await connection.handle(.storageFailed(failure)) }
        }
    }

    private func takeBatch() -> [Pending] {
        var bytes = 0
        var count = 0
        while count < queue.count, count < configuration.commitSegmentsMax {
            let next = queue[count].payload.bytes.count
            if count > 0, bytes + next > configuration.commitBytesMax { break }
            bytes += next
            count += 1
        }
        let batch = Array(queue.prefix(count))
        queue.removeFirst(count)
        queueBytes -= bytes
        return batch
    }

    private func resumeWaiting() {
        for continuation in waiting { continuation.resume() }
        waiting = []
    }

    /// Each connection's outcomes in the order of its segments, connections in the order of their first.
    private func grouped(
        _ batch: [Pending], _ outcomes: [SegmentOutcome]
    ) -> [(connection: HubConnection, outcomes: [SegmentOutcome])] {
        var groups: [(connection: HubConnection, outcomes: [SegmentOutcome])] = []
        var places: [ObjectIdentifier: Int] = [:]
        for (index, pending) in batch.enumerated() {
            let own = index < outcomes.count ? [outcomes[index]] : []
            if let place = places[ObjectIdentifier(pending.connection)] {
                groups[place].outcomes += own
            } else {
                places[ObjectIdentifier(pending.connection)] = groups.count
                groups.append((pending.connection, own))
            }
        }
        return groups
    }
}
