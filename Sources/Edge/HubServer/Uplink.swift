import NIOConcurrencyHelpers
import SyncProtocol
import SyncTransport

/// How a hub stands with the hub above it.
public struct UplinkStatus: Hashable, Sendable, Codable {
    public enum State: String, Hashable, Sendable, Codable, CaseIterable {
        case connecting
        /// Connected, and not all is exchanged yet.
        case syncing
        case live
        /// The line or the hub above is away; it is tried again.
        case waiting
        /// Every hub above refuses this one; it is tried again, and somebody should look.
        case refused
    }

    /// Why a hub above did not take this one.
    public struct Failure: Hashable, Sendable, Codable {
        public let address: String
        public let code: String
        public let reason: String
    }

    /// The hubs above, in the order in which they are tried.
    public let parents: [String]
    /// The one that is tried, or that the link is with.
    public var address: String?
    public var hub: String?
    public var state = State.connecting
    /// Since when it has been connected or not, in milliseconds since 1970.
    public var since: Int64
    /// When it was last live.
    public var lastLive: Int64?
    public var attempts = 0
    /// Attempts since it was last live.
    public var failuresInARow = 0
    /// Of the last time round.
    public var failures: [Failure] = []
    public var nextAttempt: Int64?
    /// When this hub last heard that more is at headquarters.
    public var lastReceiptAtHQ: Int64?
    public var bytesIn = 0
    public var bytesOut = 0
}

/// Follows a hub's link with its parent from the notices of its client.
final class Uplink: Sendable {
    fileprivate struct State {
        var status: UplinkStatus
        var session = SyncTotals()
        var earlier = (received: 0, sent: 0)
        /// Those that failed since the last wait.
        var round: [UplinkStatus.Failure] = []
        /// The code that the log has told of; nil while nothing refuses.
        var toldRefusal: String?
    }

    private let state: NIOLockedValueBox<State>
    private let clock: @Sendable () -> Int64
    private let metrics: HubMetrics

    init(_ parents: [HubAddress], _ metrics: HubMetrics, clock: @escaping @Sendable () -> Int64) {
        state = NIOLockedValueBox(
            State(status: UplinkStatus(parents: parents.map(\.description), since: clock())))
        self.metrics = metrics
        self.clock = clock
    }

    var status: UplinkStatus { state.withLockedValue(\.status) }

    func receiptCame() {
        let now = clock()
        state.withLockedValue { $0.status.lastReceiptAtHQ = now }
    }

    func take(_ notice: SyncNotice) {
        switch notice {
        case .connecting: metrics.uplinkTried()
        case .failed(let failure): metrics.uplinkFailed(failure.failure.kind)
        default: break
        }
        let now = clock()
        state.withLockedValue { $0.take(notice, now) }
    }

    /// Whether a refusal is another one than the log last told of.
    func isNews(_ failure: SyncFailure) -> Bool {
        state.withLockedValue { state in
            guard !failure.isTransient else { return false }
            defer { state.toldRefusal = failure.code }
            return state.toldRefusal != failure.code
        }
    }
}

extension Uplink.State {
    fileprivate mutating func take(_ notice: SyncNotice, _ now: Int64) {
        switch notice {
        case .connecting(let host, let port):
            status.nextAttempt = nil
            status.address = HubAddress(host: host, port: port).description
            status.attempts += 1
            // A link that is refused stays so until it is not.
            if status.state == .waiting { status.state = .connecting }
        case .connected: if status.state != .refused { status.state = .syncing }
        case .progress(let totals): progressed(totals, now)
        case .ended:
            earlier.received += session.bytesReceived
            earlier.sent += session.bytesSent
            session = SyncTotals()
            if status.state == .live { leave(.waiting, now) }
        case .failed(let failure):
            status.failuresInARow += 1
            round.append(
                .init(address: failure.hub.description, code: failure.failure.code, reason: failure.reason))
        case .retrying(let milliseconds, let failure):
            status.nextAttempt = now + milliseconds
            leave(failure.isTransient ? .waiting : .refused, now)
            (status.failures, round) = (round, [])
        case .skew, .report, .settled, .returning: break
        }
    }

    private mutating func leave(_ next: UplinkStatus.State, _ now: Int64) {
        if status.state == .live { status.since = now }
        status.state = next
    }

    private mutating func progressed(_ totals: SyncTotals, _ now: Int64) {
        session = totals
        status.hub = totals.hubName
        status.bytesIn = earlier.received + totals.bytesReceived
        status.bytesOut = earlier.sent + totals.bytesSent
        guard totals.phase == .live else { return }
        if status.state != .live { status.since = now }
        (status.state, status.lastLive, status.failuresInARow) = (.live, now, 0)
        toldRefusal = nil
        // Why the link is not with a hub that is preferred to this one.
        guard !round.isEmpty || status.address == status.parents.first else { return }
        (status.failures, round) = (round, [])
    }
}

extension SyncFailure {
    /// One of a few words, whatever the peer said.
    fileprivate var kind: String {
        switch self {
        case .unreachable: "unreachable"
        case .ended(.refusedByPeer), .ended(.refusedPeer): "refused"
        case .ended(.storageFailed): "store"
        case .ended, .nobodyTook: "lost"
        }
    }
}
