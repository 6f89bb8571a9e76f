import CredentialStore
import Foundation
import SyncProtocol
import SyncTransport
import Synchronization

/// Says what happens while `assay sync` runs: to people in lines on the standard error, and with `--json` and `--watch` as
/// one object a line on the standard output.
final class SyncTeller: Sendable {
    private struct State {
        var passedOver: [HubFailure] = []
        /// The hub that the link is live with.
        var live: HubAddress?
        /// The one that it was live with before.
        var lost: HubAddress?
    }

    private let store: CredentialStore
    private let hasChoice: Bool
    private let isWatching: Bool
    private let json: Bool
    private let saysProgress: Bool
    private let filling: FillingProgress
    private let state = Mutex(State())

    /// - Parameter saysProgress: whether it is said how far a store has come that fills, also where nobody watches.
    init(_ store: CredentialStore, hubs: [HubAddress], isWatching: Bool, json: Bool, saysProgress: Bool = false) {
        self.store = store
        hasChoice = hubs.count > 1
        self.isWatching = isWatching
        self.json = json
        self.saysProgress = saysProgress
        filling = FillingProgress(store.replica)
    }

    /// The hubs that did not take it, in the order in which they were tried.
    var passedOver: [HubFailure] { state.withLock { $0.passedOver } }

    func take(_ notice: SyncNotice) {
        switch notice {
        case .report(.restored(_, let documents, let bytes)):
            if let standing = filling.came(documents, bytes: bytes) { say(standing) }
        // While a store fills, the line says how far that is.
        case .progress(let totals) where totals.phase != .pulling || totals.snapshotBytes == 0:
            Console.progress(
                "\(totals.phase.rawValue): \(totals.changeSetsPushed) sent, \(totals.changeSetsPulled) received, "
                    + "\(totals.bytesSent + totals.bytesReceived) bytes")
            if isWatching, totals.phase == .live, let hub = totals.hub { live(with: hub, totals.hubName) }
        case .skew(let skew) where isWatching: keep(skew)
        case .settled:
            if let note = try? store.replica.identityNote() { Console.warn("assay: \(note.inWords)") }
        case .ended(let end): ended(end)
        case .failed(let failure) where hasChoice: failed(failure)
        case .returning(let hub):
            say("\(hub) is back; turning to it", ["event": "returning", "address": .text("\(hub)")])
        case .retrying(let milliseconds, let failure) where isWatching:
            say(
                "\(failure); next try in \((milliseconds + 999) / 1_000) s",
                [
                    "event": "retrying", "afterMilliseconds": .number(milliseconds), "code": .text(failure.code),
                    "reason": .text("\(failure)"),
                ])
        default: break
        }
    }

    private func live(with hub: HubAddress, _ name: String) {
        let isNews = state.withLock { state in
            defer { (state.live, state.lost, state.passedOver) = (hub, nil, []) }
            return state.live != hub
        }
        guard isNews else { return }
        say("live with \(name) at \(hub)", ["event": "live", "hub": .text(name), "address": .text("\(hub)")])
        // Kept for the desk and for status; a session's thread does not wait for the disk.
        DispatchQueue.global().async { [store] in try? store.setHubAddress(hub.description) }
    }

    private func failed(_ failure: HubFailure) {
        let wasLive = state.withLock { state in
            state.passedOver.append(failure)
            defer { state.lost = nil }
            return state.lost == failure.hub
        }
        let event: JSONValue = wasLive ? "lost" : "passed-over"
        say(
            wasLive ? "the link with \(failure.hub) is lost" : "\(failure.hub) did not take it: \(failure.reason)",
            [
                "event": event, "address": .text("\(failure.hub)"), "code": .text(failure.failure.code),
                "reason": .text(failure.reason),
            ])
    }

    private func keep(_ skew: ClockSkew) {
        DispatchQueue.global().async { [store] in try? store.setClockSkew(skew.milliseconds) }
        if abs(skew.milliseconds) > 2_000 {
            Console.warn("assay: this device is \(ClockWords.amount(skew.milliseconds)); times are corrected.")
        }
    }

    private func ended(_ end: SessionEnd) {
        state.withLock { ($0.lost, $0.live) = ($0.live ?? $0.lost, nil) }
        if case .refusedByPeer(let error) = end, error.code == .hubRegressed { Console.warn("assay: \(error.message)") }
    }

    private func say(_ standing: FillingProgress.Standing) {
        guard saysProgress else { return Console.progress(standing.inWords) }
        Console.endProgress()
        Console.warn(json ? standing.json.encoded : "assay: \(standing.inWords)")
    }

    private func say(_ words: String, _ event: JSONValue) {
        Console.endProgress()
        if json, isWatching { Console.json(event) } else { Console.warn("assay: \(words)") }
    }
}

extension HubFailure {
    var json: JSONValue {
        ["address": .text("\(hub)"), "code": .text(failure.code), "reason": .text(reason)]
    }
}
