import HybridTime
import NIOConcurrencyHelpers
import SyncProtocol
import SyncTransport

/// Watches one session from beside it: what its frames say, and how many bytes they take. The session itself knows
/// nothing of it.
final class SessionMeter: Sendable {
    fileprivate struct State {
        var status: SessionStatus
        var wantsLive = false
        /// Scopes whose end was told since they were asked for.
        var atEnd: Set<String> = []
    }

    let number: Int
    private let lineage: HubLineage
    private let outbox: FrameOutbox
    private let metrics: HubMetrics
    private let clock: @Sendable () -> Int64
    private let state: NIOLockedValueBox<State>

    init(
        _ number: Int, address: String, _ lineage: HubLineage, _ outbox: FrameOutbox, _ metrics: HubMetrics,
        clock: @escaping @Sendable () -> Int64
    ) {
        self.number = number
        self.lineage = lineage
        self.outbox = outbox
        self.metrics = metrics
        self.clock = clock
        state = NIOLockedValueBox(State(status: SessionStatus(session: number, address: address, since: clock())))
        metrics.began()
    }

    var status: SessionStatus {
        var status = state.withLockedValue(\.status)
        status.bytesOut = outbox.bytesPut
        status.bytesWaiting = outbox.bytesWaiting
        return status
    }

    func read(_ bytes: Int) {
        metrics.received(bytes)
        state.withLockedValue { $0.status.bytesIn += bytes }
    }

    func received(_ frame: SyncFrame) {
        switch frame {
        case .hello(let hello):
            let isSameLife = hello.lineage == lineage
            state.withLockedValue { state in
                state.wantsLive = hello.wantsLive
                state.status.replica = hello.replica.description
                state.status.device = hello.device
                state.status.role = hello.role
                state.status.scopes = hello.subscriptions.map {
                    .init(scope: $0.scope.text, position: isSameLife ? $0.cursor.feedPosition : nil)
                }
            }
        case .pull(let scope, let cursor, _):
            state.withLockedValue { state in
                state.atEnd.remove(scope.text)
                state.move(scope.text, to: cursor.feedPosition)
            }
        case .segment(let payload): state.withLockedValue { $0.status.changeSetsIn += payload.changeSets }
        default: break
        }
    }

    /// - Parameter bytes: the frame's own.
    /// - Returns: whether the session has become live by it.
    func sent(_ frame: SyncFrame, bytes: Int) -> Bool {
        metrics.sent(bytes)
        return state.withLockedValue { state in
            let before = state.status.phase
            switch frame {
            case .welcome: state.status.phase = .serving
            case .feed(let scope, let position, _): state.move(scope.text, to: position)
            case .feedEnd(let scope, let position):
                state.move(scope.text, to: position)
                state.atEnd.insert(scope.text)
                if state.wantsLive, state.status.scopes.allSatisfy({ state.atEnd.contains($0.scope) }) {
                    state.status.phase = .live
                }
            case .error where state.status.phase == .greeting: state.status.phase = .disputed
            default: break
            }
            return before != .live && state.status.phase == .live
        }
    }

    func ended(_ end: SessionEnd) {
        let now = clock()
        let last = state.withLockedValue { state in
            state.status.phase = .ended
            state.status.until = now
            state.status.end = end.error.map { "\(end.code): \($0)" } ?? end.code
            return state.status
        }
        metrics.ended(end, last, at: now)
    }
}

extension SessionMeter.State {
    fileprivate mutating func move(_ scope: String, to position: UInt64?) {
        guard let index = status.scopes.firstIndex(where: { $0.scope == scope }) else { return }
        status.scopes[index].position = position
    }
}

extension PullCursor {
    fileprivate var feedPosition: FeedPosition? {
        if case .feed(let position) = self { position } else { nil }
    }
}

extension SessionEnd {
    /// The code of the session error behind an end, where there is one.
    package var error: SyncErrorCode? {
        switch self {
        case .refusedPeer(let error), .refusedByPeer(let error): error.code
        case .peerLost(let code): code
        case .completed, .stopped, .peerLeft, .diverged, .storageFailed: nil
        }
    }
}
