import HubLogic
import HybridTime
import Logging
import NIOCore
import SyncProtocol
import SyncTransport

/// Runs one child's session at a hub: events in, actions out. Its methods do not suspend, so that each event is done
/// with before the next; loads go to a worker beside it, segments to the writer that all share.
actor HubConnection {
    let outbox = FrameOutbox()
    nonisolated let loads: AsyncStream<HubLoad>
    /// Yields the end, once.
    nonisolated let ends: AsyncStream<SessionEnd>

    private let load: AsyncStream<HubLoad>.Continuation
    private let end: AsyncStream<SessionEnd>.Continuation
    private var session: HubSession
    private var frames = FrameAccumulator()
    private var received = 0
    /// Segments that this read brought and that the writer does not have yet.
    private var segments: [SegmentPayload] = []
    private var logger: Logger

    init(_ identity: HubIdentity, _ configuration: HubServer.Configuration, peer: String, _ logger: Logger) {
        session = HubSession(identity: identity, configuration: .init(windowBytes: configuration.windowBytes))
        self.logger = logger
        self.logger[metadataKey: "peer"] = "\(peer)"
        (loads, load) = AsyncStream.makeStream(of: HubLoad.self)
        (ends, end) = AsyncStream.makeStream(of: SessionEnd.self)
    }

    /// Takes what arrived; returns the segments to hand to the writer before anything more is read.
    func take(_ buffer: ByteBuffer) -> [SegmentPayload] {
        received += buffer.readableBytes
        guard !session.hasEnded else { return [] }
        frames.append(buffer.readableBytesView)
        do {
            while !session.hasEnded, let frame = try frames.next() { handle(.received(frame)) }
        } catch { handle(.malformed(error)) }
        defer { segments = [] }
        return segments
    }

    func beat() {
        let (sent, unsent) = outbox.takeTraffic()
        handle(
            .heartbeat(
                Traffic(received: received, sent: sent, unsent: unsent, isInsideFrame: frames.isInsideFrame)))
        received = 0
    }

    func handle(_ event: HubEvent) {
        for action in session.receive(event) { perform(action) }
    }

    private func perform(_ action: HubAction) {
        switch action {
        case .send(let frame):
            if !outbox.put(frame) {
                handle(.stopRequested(SyncError(.peerStalled, "frames were not read in time; sync again")))
            }
        case .load(let wanted): load.yield(wanted)
        case .commit(let payload): segments.append(payload)
        case .introduce(let hello):
            logger[metadataKey: "replica"] = "\(hello.replica)"
            logger[metadataKey: "device"] = "\(hello.device)"
        case .acceptFullFrames: frames.frameBytesMax = SyncLimits.frameBytesMax
        case .reportFork(let fork):
            logger.warning(
                "two histories under one name",
                metadata: [
                    "code": "\(SyncErrorCode.forkSuspected)", "origin": "\(fork.origin)",
                    "sequence": "\(fork.sequence)", "hash": "\(fork.ours?.description ?? "unknown")",
                    "hashOfPeer": "\(fork.theirs?.description ?? "unknown")",
                ])
        case .reportRegression:
            logger.warning(
                "a child tells of what this hub never had; it is believed if it says so again",
                metadata: ["code": "\(SyncErrorCode.hubRegressed)"])
        case .close(let reason):
            log(reason)
            outbox.close()
            end.yield(reason)
            end.finish()
            load.finish()
        }
    }

    private func log(_ end: SessionEnd) {
        switch end {
        case .completed, .peerLeft, .diverged: logger.debug("session ended", metadata: ["end": "\(end)"])
        case .stopped: logger.info("session stopped")
        case .peerLost(let code): logger.warning("peer lost", metadata: ["code": "\(code)"])
        case .refusedPeer(let error):
            logger.warning("peer refused", metadata: ["code": "\(error.code)", "detail": "\(error.message)"])
        case .refusedByPeer(let error):
            logger.warning("refused by peer", metadata: ["code": "\(error.code)", "detail": "\(error.message)"])
        case .storageFailed(let failure): logger.error("store failed", metadata: ["detail": "\(failure.message)"])
        }
    }
}
