import HubLogic
import HybridTime
import NIOConcurrencyHelpers
import NIOCore
import SyncProtocol
import SyncTransport

/// The sessions that are open at a hub, and the news that goes round among them. News is gathered while it is being
/// spread, so that what waits is never more than one entry for each scope and origin.
final class SessionFloor: Sendable {
    fileprivate struct State {
        /// Accepted, and waiting for their task.
        var unserved: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
        var connections: [ObjectIdentifier: HubConnection] = [:]
        var scopes: [ScopeName] = []
        var named: Set<ScopeName> = []
        var reachedHQ: [OriginRanges] = []
        var places: [ReplicaID: Int] = [:]
        var regressions = RegressionClaims()
        /// The hub goes by a new name, and the sessions that know the old one have to end.
        var isRenamed = false
    }

    private let state = NIOLockedValueBox(State())
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let departures: AsyncStream<Void>
    private let departed: AsyncStream<Void>.Continuation

    init() {
        (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (departures, departed) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    var count: Int { state.withLockedValue(\.connections.count) }

    /// False once the hub has stopped: nobody would ever serve the connection.
    func arrived(_ channel: any Channel) -> Bool {
        state.withLockedValue { state in
            guard !state.isClosed else { return false }
            state.unserved[ObjectIdentifier(channel)] = channel
            return true
        }
    }

    func claimed(_ channel: any Channel) { state.withLockedValue { $0.unserved[ObjectIdentifier(channel)] = nil } }

    /// Closes what was accepted and never had its turn, and lets nothing more in.
    func closeUnserved() {
        let channels = state.withLockedValue { state in
            state.isClosed = true
            defer { state.unserved = [:] }
            return Array(state.unserved.values)
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// False where there are too many already.
    func admit(_ connection: HubConnection, limit: Int) -> Bool {
        state.withLockedValue { state in
            guard state.connections.count < limit else { return false }
            state.connections[ObjectIdentifier(connection)] = connection
            return true
        }
    }

    func isToldAgain(_ claim: RegressionClaim) -> Bool {
        state.withLockedValue { $0.regressions.isToldAgain(claim) }
    }

    func leave(_ connection: HubConnection) {
        state.withLockedValue { $0.connections[ObjectIdentifier(connection)] = nil }
        departed.yield()
    }

    func endAll(_ error: SyncError) async {
        for connection in everyone() { await connection.handle(.stopRequested(error)) }
    }

    /// Returns when no session is open any more, or when the time is over.
    func waitUntilEmpty(atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await Task.sleep(for: limit) }
            group.addTask { [self] in
                if count == 0 { return }
                for await _ in departures where count == 0 { return }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Takes a change of the store in; it is called within the store's commit and returns at once.
    func noticed(_ change: StoreChange) {
        state.withLockedValue { state in
            switch change {
            case .journalGrew: return
            case .identityChanged: state.isRenamed = true
            case .feedsAdvanced(let scopes):
                for scope in scopes where state.named.insert(scope).inserted { state.scopes.append(scope) }
            case .reachedHQ(let entries):
                for entry in entries { state.add(entry) }
            }
        }
        wake.yield()
    }

    /// Tells every session what changed, until its task is cancelled.
    func spreadNews() async {
        for await _ in wakeups {
            let (scopes, reachedHQ, isRenamed) = takeNews()
            if isRenamed { await endAll(.hubRenamed) }
            for connection in everyone() {
                if !reachedHQ.isEmpty { await connection.handle(.reachedHQ(reachedHQ)) }
                for scope in scopes { await connection.handle(.feedAdvanced(scope)) }
            }
        }
    }

    private func everyone() -> [HubConnection] { state.withLockedValue { Array($0.connections.values) } }

    private func takeNews() -> (scopes: [ScopeName], reachedHQ: [OriginRanges], isRenamed: Bool) {
        state.withLockedValue { state in
            defer {
                state.scopes = []
                state.named = []
                state.reachedHQ = []
                state.places = [:]
                state.isRenamed = false
            }
            return (state.scopes, state.reachedHQ, state.isRenamed)
        }
    }
}

extension SessionFloor.State {
    fileprivate mutating func add(_ entry: OriginRanges) {
        if let place = places[entry.origin] {
            var ranges = reachedHQ[place].ranges
            ranges.formUnion(entry.ranges)
            reachedHQ[place] = OriginRanges(origin: entry.origin, ranges: ranges)
        } else {
            places[entry.origin] = reachedHQ.count
            reachedHQ.append(entry)
        }
    }
}
