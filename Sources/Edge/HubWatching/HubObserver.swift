import Dispatch
import HubServer
import PrometheusMetrics
import ReplicaStore
import SyncProtocol
import SyncTransport

/// Puts together what a running hub and its store tell. Reads alone, on a queue of its own: a session waits for nothing.
public final class HubObserver: Sendable {
    private let server: HubServer
    private let store: ReplicaStore
    private let registry: PrometheusRegistry
    private let isHeadquarters: Bool
    private let host: String
    private let clock: @Sendable () -> Int64
    private let since: Int64
    private let queue = DispatchQueue(label: "assay.hub.observer")

    /// - Parameters:
    ///   - registry: the one that the server counts in.
    ///   - host: the address that the server listens on.
    public init(
        _ server: HubServer, _ store: ReplicaStore, _ registry: PrometheusRegistry, isHeadquarters: Bool, host: String,
        clock: @escaping @Sendable () -> Int64
    ) {
        self.server = server
        self.store = store
        self.registry = registry
        self.isHeadquarters = isHeadquarters
        self.host = host
        self.clock = clock
        since = clock()
    }

    /// What is in memory is told even where the store cannot be read: that is when somebody asks.
    public func status() async throws -> HubStatus {
        let facts = await facts(server.sessions, server.away)
        let identity = store.identity
        return HubStatus(
            isRunning: true,
            hub: HubStatus.Hub(
                name: identity.name, replica: identity.replica.description, isHeadquarters: isHeadquarters,
                listening: HubAddress(host: host, port: try await server.boundPort).description, since: since,
                process: ProcessFigures.identifier),
            store: facts.health, storeFailure: facts.failure, tally: server.tally, sessions: facts.sessions,
            away: facts.away, uplink: server.uplinkStatus)
    }

    /// The exposition of now.
    public func metrics() async -> String {
        let facts = await facts(server.sessions, [])
        return registry.text(
            adding: HubFamilies.samples(
                facts.health, facts.sessions, server.uplinkStatus, ProcessFigures.now(), since: since))
    }

    private struct Facts {
        var health: StoreHealth?
        var failure: String?
        var sessions: [SessionStatus]
        var away: [SessionStatus]
    }

    private func facts(_ sessions: [SessionStatus], _ away: [SessionStatus]) async -> Facts {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                var facts = Facts(sessions: sessions, away: away)
                do {
                    let health = try store.health(isHeadquarters: isHeadquarters)
                    facts.health = health
                    facts.sessions = try filled(sessions, health)
                    facts.away = try filled(away, health)
                } catch { facts.failure = "\(error)" }
                continuation.resume(returning: facts)
            }
        }
    }

    /// Counts what each session lacks of each feed; one look-up for each position that is not the end.
    private func filled(_ given: [SessionStatus], _ health: StoreHealth) throws -> [SessionStatus] {
        var sessions = given
        for feed in health.feeds {
            guard let scope = ScopeName(feed.scope) else { continue }
            var behind: [UInt64: Int] = [feed.end: 0]
            let positions = Set(sessions.flatMap(\.scopes).filter { $0.scope == feed.scope }.compactMap(\.position))
            let open = positions.subtracting([feed.end]).sorted()
            for (position, count) in zip(open, try store.feedEntries(scope, after: open)) { behind[position] = count }
            for index in sessions.indices {
                for place in sessions[index].scopes.indices where sessions[index].scopes[place].scope == feed.scope {
                    sessions[index].scopes[place].behind = sessions[index].scopes[place].position.flatMap { behind[$0] }
                }
            }
        }
        return sessions
    }
}
