import ChangeSets
import HubServer
import HybridTime
import Logging
import Merging
import ReplicaStore
import StoreSync
import SyncProtocol
import SyncTransport
import Testing

/// A store with its sessions, and its hub server where it listens.
struct Node: Sendable {
    let test: TestStore
    let sessions: StoreSessions
    var port = 0

    var store: ReplicaStore { test.store }

    init(_ number: UInt64, isHub: Bool = false, isHeadquarters: Bool = false) throws {
        test = try TestStore(number, isHub: isHub)
        sessions = StoreSessions(test.store, isHeadquarters: isHeadquarters)
    }

    init(_ test: TestStore, isHeadquarters: Bool) {
        self.test = test
        sessions = StoreSessions(test.store, isHeadquarters: isHeadquarters)
    }

    @discardableResult
    func sync(with hub: Node, ahead: Int64 = 0) async throws -> SyncTotals {
        try await client(hub, ahead: ahead).syncOnce()
    }

    /// - Parameter ahead: how far this node's clock is before the right one, in milliseconds.
    func client(_ hub: Node, ahead: Int64 = 0) -> SyncClient {
        var configuration = SyncClient.Configuration(host: "127.0.0.1", port: hub.port)
        configuration.clock = { WallClock.milliseconds() + ahead }
        return SyncClient(
            configuration: configuration, store: sessions,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func lineage() throws -> HubLineage { try store.hubIdentity(isHeadquarters: false).lineage }
}

/// Runs a hub over a store for as long as the body does.
func listening<Result: Sendable>(
    _ node: Node, parent: Node? = nil, _ body: @escaping @Sendable (Node) async throws -> Result
) async throws -> Result {
    var configuration = HubServer.Configuration()
    configuration.parent = parent.map { SyncClient.Configuration(host: "127.0.0.1", port: $0.port) }
    let hub = try HubServer(
        configuration: configuration, store: node.sessions,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { try await hub.run() }
    defer { running.cancel() }
    var bound = node
    bound.port = try await hub.boundPort
    return try await body(bound)
}

extension Node {
    /// Checks that nodes hold the same, soundly, and that nothing waits.
    static func expectSame(_ nodes: [Node], _ label: Comment) throws {
        let digests = Set(try nodes.map { try $0.store.digest() })
        #expect(digests.count == 1, label)
        for node in nodes {
            #expect(try node.store.check() == [], label)
            #expect(try node.store.count("SELECT count(*) FROM parked") == 0, label)
        }
    }
}
