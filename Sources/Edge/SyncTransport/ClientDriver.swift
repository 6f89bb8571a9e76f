import NIOCore
import SyncProtocol

/// Runs one replica's session: events in, actions out. Its methods do not suspend, so that each event is done with
/// before the next; loads and commits go to two workers beside it.
actor ClientDriver {
    let outbox = FrameOutbox()
    nonisolated let loads: AsyncStream<ReplicaLoad>
    nonisolated let commits: AsyncStream<[ReplicaCommit]>
    /// Yields the end, once.
    nonisolated let ends: AsyncStream<SessionEnd>

    private let load: AsyncStream<ReplicaLoad>.Continuation
    private let commit: AsyncStream<[ReplicaCommit]>.Continuation
    private let end: AsyncStream<SessionEnd>.Continuation
    private let notify: @Sendable (SyncNotice) -> Void
    private let clock: @Sendable () -> Int64
    private var session: ReplicaSession
    private var frames = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
    private var received = 0
    private var totals = SyncTotals()
    private(set) var lastEnd: SessionEnd?
    /// Whether commits are still taken.
    private var isCommitting = true
    private var untilCommitted: [CheckedContinuation<Void, Never>] = []
    private var helloSent: (wall: Int64, instant: ContinuousClock.Instant)?

    init(
        _ configuration: ReplicaSession.Configuration, hub: HubAddress, clock: @escaping @Sendable () -> Int64,
        notify: @escaping @Sendable (SyncNotice) -> Void
    ) {
        session = ReplicaSession(configuration: configuration)
        self.clock = clock
        self.notify = notify
        totals.hub = hub
        (loads, load) = AsyncStream.makeStream(of: ReplicaLoad.self)
        (commits, commit) = AsyncStream.makeStream(of: [ReplicaCommit].self)
        (ends, end) = AsyncStream.makeStream(of: SessionEnd.self)
    }

    /// What was moved, with the bytes that went out.
    var summary: SyncTotals { totals }

    func start() { handle(.connected(clock: clock())) }

    func take(_ buffer: ByteBuffer) {
        received += buffer.readableBytes
        totals.bytesReceived += buffer.readableBytes
        guard !session.hasEnded else { return }
        frames.append(buffer.readableBytesView)
        do {
            while !session.hasEnded, let frame = try frames.next() { handle(.received(frame)) }
        } catch { handle(.malformed(error)) }
    }

    func beat() {
        let (sent, unsent) = outbox.takeTraffic()
        handle(
            .heartbeat(
                Traffic(received: received, sent: sent, unsent: unsent, isInsideFrame: frames.isInsideFrame)))
        received = 0
    }

    /// Says goodbye, unless the hub is still filling this replica: another one would begin from nothing.
    func leave() { if totals.phase == .live { handle(.stopRequested) } }

    func handle(_ event: ReplicaEvent) {
        for action in session.receive(event) { perform(action) }
        if !session.isCommitting { resumeWaiting() }
    }

    private func resumeWaiting() {
        for waiting in untilCommitted { waiting.resume() }
        untilCommitted = []
    }

    /// Nothing is committed any more: the session's task was cancelled, or it has ended.
    func commitsEnded() {
        isCommitting = false
        resumeWaiting()
    }

    /// The hub has closed, or the line is cut. What came before is kept first: it would have to come again.
    func disconnected() async {
        while session.isCommitting, isCommitting {
            await withCheckedContinuation { untilCommitted.append($0) }
        }
        handle(.disconnected)
    }

    private func perform(_ action: ReplicaAction) {
        switch action {
        case .send(let frame):
            if case .hello = frame { helloSent = (clock(), .now) }
            if !outbox.put(frame) { handle(.stopRequested) }
            totals.bytesSent = outbox.bytesPut
        case .load(let wanted): load.yield(wanted)
        case .commit(let wanted): commit.yield(wanted)
        case .report(let report): tell(report)
        case .close(let reason):
            lastEnd = reason
            outbox.close()
            end.yield(reason)
            end.finish()
            load.finish()
            commit.finish()
        }
    }

    private func tell(_ report: ReplicaReport) {
        totals.count(report)
        notify(.report(report))
        if case .welcomed(_, _, let hubClock) = report, let helloSent {
            let elapsed = helloSent.instant.duration(to: .now)
            let skew = ClockSkew(
                hubClock: hubClock, sentAt: helloSent.wall,
                roundTripMilliseconds: Int64(elapsed / .milliseconds(1)))
            totals.skew = skew
            notify(.skew(skew))
        }
        notify(.progress(totals))
    }
}
