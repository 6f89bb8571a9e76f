import HubLogic
import HybridTime
import NIOConcurrencyHelpers
import NIOCore
import SyncProtocol
import SyncTransport

/// The sessions that are open at a hub, and the news that goes round among them. News is gathered while it is being
/// spread, so that what waits is never more than one entry for each scope and origin.
///
/// Who writes hears of it at once, and where sessions are few, all do. Where they are many, the others hear of it at a
/// steady pace: a thousand of them, read or not, would else take the processor from those who work.
final class SessionFloor: Sendable {
    fileprivate struct State {
        /// Accepted, and waiting for their task.
        var unserved: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
        var connections: [ObjectIdentifier: HubConnection] = [:]
        /// At which of the heartbeat's parts each has its turn.
        var turns: [ObjectIdentifier: Int] = [:]
        var turn = 0
        /// When each of these last sent change sets.
        var writers: [ObjectIdentifier: ContinuousClock.Instant] = [:]
        var news = News()
        /// What those that do not write have not heard of.
        var left = News()
        var regressions = RegressionClaims()
        /// The hub goes by a new name, and the sessions that know the old one have to end.
        var isRenamed = false
    }

    fileprivate struct News {
        var scopes: [ScopeName] = []
        private var named: Set<ScopeName> = []
        var reachedHQ: [OriginRanges] = []
        private var places: [ReplicaID: Int] = [:]

        mutating func add(_ scope: ScopeName) {
            if named.insert(scope).inserted { scopes.append(scope) }
        }

        mutating func add(_ entry: OriginRanges) {
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

    /// So many sessions hear of everything at once.
    static let promptMax = 64
    /// Who sent change sets within this time writes.
    private static let writing = Duration.seconds(60)
    /// The pace for the others: so many, then a rest.
    private static let paceSessions = 16
    private static let paceRest = Duration.milliseconds(2)

    private let state = NIOLockedValueBox(State())
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let leftovers: AsyncStream<Void>
    private let leaveOver: AsyncStream<Void>.Continuation
    private let departures: AsyncStream<Void>
    private let departed: AsyncStream<Void>.Continuation

    init() {
        (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        (leftovers, leaveOver) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
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
            state.turns[ObjectIdentifier(connection)] = state.turn
            return true
        }
    }

    func isToldAgain(_ claim: RegressionClaim) -> Bool {
        state.withLockedValue { $0.regressions.isToldAgain(claim) }
    }

    func leave(_ connection: HubConnection) {
        state.withLockedValue { state in
            state.connections[ObjectIdentifier(connection)] = nil
            state.writers[ObjectIdentifier(connection)] = nil
            state.turns[ObjectIdentifier(connection)] = nil
        }
        departed.yield()
    }

    /// Into how many parts a heartbeat is split, so that not all have their turn at once.
    private static let turnsMax = 8

    /// Gives each session its heartbeat, the first one nearly a whole heartbeat after it began, until the task is cancelled.
    func beat(every heartbeat: Duration) async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: heartbeat / SessionFloor.turnsMax) } catch { return }
            let due = state.withLockedValue { state in
                state.turn = (state.turn + 1) % SessionFloor.turnsMax
                return state.connections.filter { state.turns[$0.key] == state.turn }.map(\.value)
            }
            for connection in due { await connection.beat() }
        }
    }

    /// The connection sent change sets: whoever sits behind it waits for those of others.
    func wrote(_ connection: HubConnection) {
        state.withLockedValue { $0.writers[ObjectIdentifier(connection)] = .now }
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
            case .feedsAdvanced(let scopes): scopes.forEach { state.news.add($0) }
            case .reachedHQ(let entries): entries.forEach { state.news.add($0) }
            }
        }
        wake.yield()
    }

    /// Tells those who write what changed, or everyone where they are few, until its task is cancelled.
    func spreadNews() async {
        for await _ in wakeups {
            let (news, isRenamed, connections, isForAll) = takeNews()
            if isRenamed { await endAll(.hubRenamed) }
            for connection in connections {
                for scope in news.scopes { await connection.handle(.feedAdvanced(scope)) }
            }
            if !isForAll { leaveOver.yield() }
            guard !news.reachedHQ.isEmpty else { continue }
            // A session passes over what does not concern its child.
            for connection in everyone() { await connection.handle(.reachedHQ(news.reachedHQ)) }
        }
    }

    /// Tells everyone of what those who write heard before, until its task is cancelled. To these it is no news.
    func spreadToAll() async {
        for await _ in leftovers {
            let scopes = state.withLockedValue { state in
                defer { state.left = News() }
                return state.left.scopes
            }
            for (place, connection) in everyone().enumerated() {
                if place > 0, place.isMultiple(of: SessionFloor.paceSessions) {
                    do { try await Task.sleep(for: SessionFloor.paceRest) } catch { return }
                }
                for scope in scopes { await connection.handle(.feedAdvanced(scope)) }
            }
        }
    }

    private func everyone() -> [HubConnection] { state.withLockedValue { Array($0.connections.values) } }

    private func takeNews() -> (news: News, isRenamed: Bool, connections: [HubConnection], isForAll: Bool) {
        state.withLockedValue { state in
            defer {
                state.news = News()
                state.isRenamed = false
            }
            guard state.connections.count > SessionFloor.promptMax else {
                return (state.news, state.isRenamed, Array(state.connections.values), true)
            }
            state.news.scopes.forEach { state.left.add($0) }
            let now = ContinuousClock.now
            state.writers = state.writers.filter { now - $0.value < SessionFloor.writing }
            return (state.news, state.isRenamed, state.writers.keys.compactMap { state.connections[$0] }, false)
        }
    }
}
