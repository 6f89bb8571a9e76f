import HybridTime
import SyncProtocol
import Testing

@testable import ReplicaStore

@Suite("What a store tells of itself", .timeLimit(.minutes(2)))
struct HealthTests {
    private func total(_ offers: [OfferedOrigin]) -> Int { offers.reduce(0) { $0 + $1.ranges.total } }

    @Test("What is unsent, and what is not at headquarters, are as many change sets as a session would offer")
    func unsent() async throws {
        let (hq, region) = (
            try Node(100, isHub: true, isHeadquarters: true), try Node(50, isHub: true)
        )
        let desks = try (1...3).map { try Node(UInt64($0)) }
        func expect(_ label: Comment) throws {
            let health = try region.store.health(isHeadquarters: false)
            let lineage = try region.store.syncing { state, _ throws(StoreError) in try state.lineage() }
            guard let lineage else { return #expect(health.unsent == 0, label) }
            let unsent = total(try region.store.unsent(to: lineage, awaitingHQ: false))
            #expect(health.unsent == unsent, label)
        }
        try expect("before it has met anybody")
        for round in 1...4 {
            for (number, desk) in desks.enumerated() {
                for _ in 0...(number * round) { _ = try desk.store.makePerson() }
            }
            _ = try region.store.makePerson()
            try await listening(region) { hub in
                for desk in desks { try await desk.sync(with: hub) }
            }
            try expect("round \(round), with what the desks brought")
            if round % 2 == 0 {
                let before = try region.store.health(isHeadquarters: false).notAtHQ
                #expect(before > 0)
                try await listening(hq) { above in _ = try await region.sync(with: above) }
                let after = try region.store.health(isHeadquarters: false)
                #expect(after.unsent == 0 && after.notAtHQ == 0)
                try expect("round \(round), after a sync")
            }
        }
        #expect(try hq.store.health(isHeadquarters: true).notAtHQ == 0)
        // What comes down from headquarters is there, whoever wrote it; no receipt tells of it.
        _ = try hq.store.makePerson()
        let stranger = try Node(9)
        _ = try stranger.store.makePerson()
        try await listening(hq) { above in
            try await stranger.sync(with: above)
            try await region.sync(with: above)
        }
        let name = Fixture.identity(9).replica
        let held = try region.store.syncing { _, journal throws(StoreError) in try journal.held(name) }
        #expect(held.total == 1)
        #expect(try region.store.health(isHeadquarters: false).notAtHQ == 0)
    }

    @Test("Entries after a position are counted; the end has none after it, and nothing is counted beyond the limit")
    func entries() async throws {
        let hub = try Node(50, isHub: true)
        let desk = try Node(1)
        try await listening(hub) { bound in
            for _ in 1...5 {
                _ = try desk.store.makePerson()
                try await desk.sync(with: bound)
            }
        }
        let feed = try #require(try hub.store.health(isHeadquarters: false).feeds.first)
        let scope = try #require(ScopeName(feed.scope))
        #expect(try hub.store.feedEntries(scope, after: [feed.end, feed.end - 2, 0]) == [0, 2, 5])
        #expect(try hub.store.feedEntries(scope, after: [0], limit: 3) == [3])
        #expect(try desk.store.health(isHeadquarters: false).feeds == [], "nobody is below a desk")
    }
}
