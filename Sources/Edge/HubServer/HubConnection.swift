import HubLogic
import HybridTime
import Logging
import NIOCore
import SyncProtocol
import SyncTransport

/// Runs one child's session at a hub: events in, actions out. Its methods do not suspend, so that each event is done
/// with before the next; loads go to a task beside it, segments to the writer that all share. A session that rests has no
/// task of its own but those that read and write: ten thousand of them fit into a hub.
actor HubConnection {
    let outbox: FrameOutbox
    let meter: SessionMeter
    /// Yields when there is something to load that nobody loads yet, and ends with the session.
    nonisolated let wants: AsyncStream<Void>

    /// The name that the hub bore when the session began.
    nonisolated let hub: ReplicaID

    private let want: AsyncStream<Void>.Continuation
    private var loads: [HubLoad] = []
    private var isLoading = false
    private var session: HubSession
    private var frames = FrameAccumulator()
    private var received = 0
    /// Segments that this read brought and that the writer does not have yet.
    private var segments: [SegmentPayload] = []
    private var logger: Logger

    init(
        _ identity: HubIdentity, _ configuration: HubServer.Configuration, _ outbox: FrameOutbox, _ meter: SessionMeter,
        peer: String, _ logger: Logger
    ) {
        hub = identity.lineage.hub
        session = HubSession(identity: identity, configuration: .init(windowBytes: configuration.windowBytes))
        self.outbox = outbox
        self.meter = meter
        self.logger = logger
        self.logger[metadataKey: "session"] = "\(meter.number)"
        self.logger[metadataKey: "peer"] = "\(peer)"
        (wants, want) = AsyncStream.makeStream(of: Void.self)
    }

    /// Takes what arrived; returns the segments to hand to the writer before anything more is read.
    func take(_ buffer: ByteBuffer) -> [SegmentPayload] {
        received += buffer.readableBytes
        meter.read(buffer.readableBytes)
        guard !session.hasEnded else { return [] }
        frames.append(buffer.readableBytesView)
        do {
            while !session.hasEnded, let frame = try frames.next() { handle(.received(frame)) }
        } catch { handle(.malformed(error)) }
        defer { segments = [] }
        return segments
    }

    /// What to load now; nil where there is nothing more, or nobody who waits for it.
    func nextLoad() -> HubLoad? {
        guard !loads.isEmpty, !session.hasEnded else {
            isLoading = false
            return nil
        }
        return loads.removeFirst()
    }

    func beat() {
        let (sent, unsent) = outbox.takeTraffic()
        handle(
            .heartbeat(
                Traffic(received: received, sent: sent, unsent: unsent, isInsideFrame: frames.isInsideFrame)))
        received = 0
    }

    func handle(_ event: HubEvent) {
        if case .received(let frame) = event { heard(frame) }
        for action in session.receive(event) { perform(action) }
    }

    private func heard(_ frame: SyncFrame) {
        meter.received(frame)
        if case .pull(let scope, let cursor, _) = frame {
            logger.log(.debug, .scopePulled, "a scope is pulled", ["scope": "\(scope)", "cursor": "\(cursor)"])
        }
    }

    private func send(_ frame: SyncFrame) {
        let before = outbox.bytesPut
        let fits = outbox.put(frame)
        if meter.sent(frame, bytes: outbox.bytesPut - before) {
            logger.log(.info, .sessionLive, "all is sent; the session stays")
        }
        if !fits { handle(.stopRequested(SyncError(.peerStalled, "frames were not read in time; sync again"))) }
    }

    private func perform(_ action: HubAction) {
        switch action {
        case .send(let frame): send(frame)
        case .load(let wanted):
            loads.append(wanted)
            if !isLoading { want.yield() }
            isLoading = true
        case .commit(let payload): segments.append(payload)
        case .introduce(let hello):
            logger[metadataKey: "replica"] = "\(hello.replica)"
            logger[metadataKey: "device"] = "\(hello.device)"
            logger[metadataKey: "role"] = "\(hello.role)"
            logger.log(.info, .sessionBegan, "session began", ["live": "\(hello.wantsLive)"])
        case .acceptFullFrames: frames.frameBytesMax = SyncLimits.frameBytesMax
        case .reportFork(let fork):
            logger.log(
                .warning, .forkFound, "two histories under one name",
                [
                    "code": "\(SyncErrorCode.forkSuspected)", "origin": "\(fork.origin)",
                    "sequence": "\(fork.sequence)", "hash": "\(fork.ours?.description ?? "unknown")",
                    "hashOfPeer": "\(fork.theirs?.description ?? "unknown")",
                ])
        case .reportRegression:
            logger.log(
                .warning, .regressionTold,
                "a child tells of what this hub never had; it is believed if it says so again",
                ["code": "\(SyncErrorCode.hubRegressed)"])
        case .close(let reason):
            meter.ended(reason)
            log(reason)
            outbox.close()
            want.finish()
        }
    }

    /// The connection failed under the session; how that ended is another line.
    func logBreak(_ message: Logger.Message, _ error: any Error) {
        logger.log(.debug, .sessionBroken, message, ["error": "\(error)"])
    }

    private func log(_ end: SessionEnd) {
        func log(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata = [:]) {
            var metadata = metadata
            metadata["end"] = "\(end.code)"
            logger.log(level, .sessionEnded, message, metadata)
        }
        switch end {
        case .completed, .peerLeft, .diverged: log(isKnown ? .info : .debug, "session ended")
        case .stopped: log(.info, "session stopped")
        case .peerLost(let code): log(.warning, "peer lost", ["code": "\(code)"])
        case .refusedPeer(let error):
            log(.warning, "peer refused", ["code": "\(error.code)", "detail": "\(error.message)"])
        case .refusedByPeer(let error):
            log(.warning, "refused by peer", ["code": "\(error.code)", "detail": "\(error.message)"])
        case .storageFailed(let failure): log(.error, "store failed", ["detail": "\(failure.message)"])
        }
    }

    /// Whether the peer has said who it is: what only knocks at the port is no event.
    private var isKnown: Bool { logger[metadataKey: "replica"] != nil }
}
