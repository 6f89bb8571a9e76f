import Logging
import NIOConcurrencyHelpers
import SyncProtocol
import Synchronization

/// Writes what happens on the link with a hub, each line with the session and the hub that it concerns.
final class LinkLog: Sendable {
    private static let sessions = Atomic(0)

    private let logger: NIOLockedValueBox<Logger>
    private let isLive = Atomic(false)

    /// A new session with a hub.
    init(_ base: Logger, _ hub: HubAddress) {
        var logger = base
        let number = LinkLog.sessions.add(1, ordering: .relaxed).newValue
        logger[metadataKey: "session"] = "\(number)"
        logger[metadataKey: "address"] = "\(hub)"
        self.logger = NIOLockedValueBox(logger)
    }

    func take(_ notice: SyncNotice) {
        let logger = logger.withLockedValue { $0 }
        switch notice {
        case .connecting: logger.log(.debug, .linkConnecting, "connecting")
        case .progress(let totals):
            guard totals.phase == .live, !isLive.exchange(true, ordering: .relaxed) else { return }
            logger.log(.info, .linkLive, "all is exchanged; the link stays")
        case .report(let report): tell(report, logger)
        case .ended(let end): ended(end, logger)
        case .settled(let divergence, let isSettled):
            logger.log(
                isSettled ? .notice : .error, .settled,
                isSettled ? "two histories under one name were settled" : "two histories under one name stay",
                ["origin": "\(divergence.origin)"])
        case .connected, .skew, .retrying, .failed, .returning: break
        }
    }

    /// The connection failed under the session; how that ended is another line.
    func broke(_ message: Logger.Message, _ error: any Error) {
        logger.withLockedValue { $0 }.log(.debug, .linkBroken, message, ["error": "\(error)"])
    }

    private func ended(_ end: SessionEnd, _ logger: Logger) {
        switch end {
        case .completed, .stopped: logger.log(.info, .linkEnded, "session ended", ["end": "\(end.code)"])
        case .peerLeft, .peerLost, .diverged:
            logger.log(.notice, .linkEnded, "session ended", ["end": "\(end.code)"])
        case .refusedPeer(let error), .refusedByPeer(let error):
            logger.log(
                .warning, .linkRefused, end.code == "refused-peer" ? "hub refused" : "refused by the hub",
                ["end": "\(end.code)", "code": "\(error.code)", "detail": "\(error.message)"])
        case .storageFailed(let failure):
            logger.log(.error, .storeFailed, "store failed", ["detail": "\(failure.message)"])
        }
    }

    private func tell(_ report: ReplicaReport, _ logger: Logger) {
        switch report {
        case .phase: break
        case .welcomed(let lineage, let name, _):
            self.logger.withLockedValue { $0[metadataKey: "parent"] = "\(lineage.hub)" }
            logger.log(.info, .linkWelcomed, "welcomed", ["parent": "\(lineage.hub)", "name": "\(name)"])
        case .pushed(let changeSets, let bytes):
            logger.log(.debug, .pushed, "receipted", ["changeSets": "\(changeSets)", "bytes": "\(bytes)"])
        case .pulled(let changeSets, let bytes):
            logger.log(.debug, .pulled, "committed", ["changeSets": "\(changeSets)", "bytes": "\(bytes)"])
        case .restored(let scope, let documents, let bytes):
            logger.log(
                .debug, .restored, "a part of the snapshot committed",
                ["scope": "\(scope)", "documents": "\(documents)", "bytes": "\(bytes)"])
        case .hubRegressed(let origins):
            logger.log(
                .warning, .regressionTold, "the hub lost what it had receipted; it is sent again",
                ["origins": "\(origins.count)"])
        case .disputed(let origin):
            logger.log(.warning, .disputed, "the hub has another history of an origin", ["origin": "\(origin)"])
        case .forkFound(let fork):
            logger.log(
                .warning, .forkFound, "two histories under one name",
                ["origin": "\(fork.origin)", "sequence": "\(fork.sequence)"])
        case .noted(let notes):
            for note in notes {
                logger.log(
                    .warning, .noted, "the hub set a change set aside",
                    [
                        "origin": "\(note.origin)", "sequence": "\(note.range.lowerBound)", "code": "\(note.code)",
                        "detail": "\(note.reason)",
                    ])
            }
        case .refused(let error):
            logger.log(
                .warning, .scopeRefused, "the hub refused a part",
                ["scope": "\(error.subject)", "code": "\(error.code)", "detail": "\(error.message)"])
        case .quarantinedHere(let outcome):
            logger.log(
                .warning, .quarantined, "a change set was put aside",
                ["origin": "\(outcome.origin)", "sequence": "\(outcome.range.lowerBound)"])
        case .differing(let scope, let documents):
            logger.log(
                .warning, .differing, "at rest, the two sides held different things; put right",
                ["scope": "\(scope)", "documents": "\(documents)"])
        }
    }
}

extension SessionEnd {
    /// A stable word for how a session ended.
    package var code: String {
        switch self {
        case .completed: "completed"
        case .stopped: "stopped"
        case .peerLeft: "peer-left"
        case .peerLost: "peer-lost"
        case .refusedPeer: "refused-peer"
        case .diverged: "diverged"
        case .refusedByPeer: "refused-by-peer"
        case .storageFailed: "storage-failed"
        }
    }
}
