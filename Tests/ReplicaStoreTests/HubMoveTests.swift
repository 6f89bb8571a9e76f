import HybridTime
import Logging
import SyncProtocol
import SyncTransport
import Testing

@testable import ReplicaStore

/// Desks with a list of two regions below one headquarters, over real stores and sockets.
@Suite("Turning to another hub", .timeLimit(.minutes(2)))
struct HubMoveTests {
    private func client(_ node: Node, _ hubs: [Node]) -> SyncClient {
        SyncClient(
            configuration: .init(hubs: hubs.map { HubAddress(host: "127.0.0.1", port: $0.port) }),
            store: node.sessions, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("Desks whose region comes and goes send to whichever takes them, and everything ends up everywhere, once")
    func movesBetweenRegions() async throws {
        let hq = try Node(100, isHub: true, isHeadquarters: true)
        let regions = [try Node(50, isHub: true), try Node(51, isHub: true)]
        let desks = try (1...2).map { try Node(UInt64($0)) }
        @Sendable func write() throws { for desk in desks { for _ in 0..<3 { _ = try desk.store.makePerson() } } }
        try write()
        try await listening(regions[0]) { first in
            try await listening(regions[1]) { second in
                for desk in desks {
                    let totals = try await client(desk, [first, second]).syncOnce()
                    #expect(totals.hub?.port == first.port && totals.changeSetsPushed == 3)
                }
            }
            try write()
            // Nobody listens where the second was: it was not asked.
            for desk in desks { _ = try await client(desk, [first, try Node.nowhere]).syncOnce() }
        }
        try write()
        try await listening(regions[1]) { second in
            for desk in desks {
                let totals = try await client(desk, [try Node.nowhere, second]).syncOnce()
                #expect(totals.hub?.port == second.port)
            }
            // It had nothing of this: what the other one had receipted is told to it, too.
            #expect(try second.store.documentCount() == 18)
        }
        try await listening(hq) { above in
            for region in regions + regions { try await region.sync(with: above) }
        }
        try write()
        try await listening(regions[0]) { first in
            for desk in desks + desks {
                let totals = try await client(desk, [first, try Node.nowhere]).syncOnce()
                #expect(totals.hub?.port == first.port)
            }
        }
        try await listening(hq) { above in
            for region in regions + regions { try await region.sync(with: above) }
        }
        for (region, desk) in zip(regions, desks) {
            try await listening(region) { hub in _ = try await client(desk, [hub]).syncOnce() }
        }
        try Node.expectSame([hq] + regions + desks, "after the last round")
        for desk in desks {
            let own = desk.test.replica
            #expect(try hq.store.syncing { _, journal throws(StoreError) in try journal.held(own) }.total == 12)
            #expect(try desk.store.durability().atHQ == 12)
        }
        for node in [hq] + regions + desks { #expect(try node.store.repairs().isEmpty) }
    }
}

extension Node {
    /// A hub that is not there: nothing listens at port 1.
    fileprivate static var nowhere: Node {
        get throws {
            var node = try Node(99, isHub: true)
            node.port = 1
            return node
        }
    }
}
