import Foundation
import HubServer
import HubWatching
import HybridTime
import SyncTransport
import Testing

@Suite("Watching a hub", .timeLimit(.minutes(1)))
struct WatchingTests {
    @Test("Metrics over HTTP count what a child brought, and where it stands")
    func metrics() async throws {
        let (hq, desk) = (try Site(1, isHub: true, isHeadquarters: true), try Site(2, isHub: false))
        defer { for site in [hq, desk] { site.remove() } }
        for number in 1...5 { try desk.register(UInt64(number)) }
        try await WatchedHub.run(hq) { hub in
            let before = try await hub.metrics()
            #expect(before["assay_hub_sessions_total"] == 0)
            #expect(before["assay_hub_commit_seconds_count"] == 0)
            try await desk.sync(with: hub.port)
            #expect(
                try await eventually { try await hub.metrics()["assay_hub_session_ends_total{end=\"completed\"}"] == 1 }
            )
            let after = try await hub.metrics()
            #expect(after["assay_hub_change_sets_total{outcome=\"stored\"}"] == 5)
            #expect(after["assay_hub_commit_seconds_count"] == after["assay_hub_commits_total{outcome=\"done\"}"])
            #expect((after["assay_hub_commit_seconds_count"] ?? 0) >= 1)
            #expect((after["assay_hub_received_bytes_total"] ?? 0) > 100)
            #expect((after["assay_hub_sent_bytes_total"] ?? 0) > 50)
            #expect((after["assay_hub_feed_end{scope=\"org\"}"] ?? 0) > 0)
            #expect(after["assay_hub_lag_entries_max{scope=\"org\"}"] == 0)
            #expect(after["assay_store_parked"] == 0)
            #expect((after["process_resident_memory_bytes"] ?? 0) > 1_048_576)
            #expect(after.helped.isSuperset(of: after.kinds.keys))
            // Nothing of any person, and no replica, of which there may be ten thousand.
            for series in after.values.keys {
                #expect(
                    !series.contains("Site") && !series.contains(ReplicaID(2).description) && !series.contains("Nov"))
            }
            // What is no hello is refused, and counted under our own word for it.
            _ = try await WatchedHub.http(hub.port, String(repeating: "G", count: 200))
            #expect(
                try await eventually {
                    let now = try await hub.metrics()
                    return now.values.contains { $0.key.hasPrefix("assay_hub_refused_total{code=") && $0.value == 1 }
                })
        }
    }

    @Test("Nothing but metrics is served, and on loopback alone")
    func endpoint() async throws {
        let hq = try Site(1, isHub: true, isHeadquarters: true)
        defer { hq.remove() }
        try await WatchedHub.run(hq) { hub in
            for (request, answer) in [
                ("GET / HTTP/1.1\r\n\r\n", "404"), ("GET /metricsx HTTP/1.1\r\n\r\n", "404"),
                ("POST /metrics HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "405"),
                ("HEAD /metrics HTTP/1.1\r\n\r\n", "200"), ("GET /metrics?a=b HTTP/1.0\r\n\r\n", "200"),
                ("noise\r\n\r\n", "400"),
            ] {
                let told = try await WatchedHub.http(hub.metricsPort, request)
                #expect(told.split(separator: " ").dropFirst().first.map(String.init) == answer, "\(request)")
                if request.hasPrefix("HEAD") { #expect(told.hasSuffix("\r\n\r\n")) }
            }
        }
    }

    @Test(
        "Metrics refuse an address that a network reaches",
        arguments: ["0.0.0.0", "192.168.1.4", "::", "fe80::1", "hub.example", "127.0.0.1.example"])
    func refusesAddress(host: String) async throws {
        let hq = try Site(1, isHub: true)
        defer { hq.remove() }
        let registry = WatchedHub.registry
        let server = try HubServer(configuration: .init(), store: hq.sessions, logger: WatchedHub.logger)
        let observer = HubObserver(
            server, hq.store.replica, registry, isHeadquarters: true, host: "127.0.0.1", clock: { 0 })
        #expect(throws: MetricsEndpointError.addressNotLoopback(host)) {
            try MetricsEndpoint(HubAddress(host: host, port: 0), observer, WatchedHub.logger)
        }
    }

    @Test("Status tells of live children, of those that left, and of what one lacks")
    func status() async throws {
        let (hq, live, late) = (
            try Site(1, isHub: true, isHeadquarters: true), try Site(2, isHub: false), try Site(3, isHub: false)
        )
        defer { for site in [hq, live, late] { site.remove() } }
        try live.register(1)
        try await WatchedHub.run(hq) { hub in
            try await late.sync(with: hub.port)
            let watching = Task { try await live.client(hub.port).watch() }
            #expect(try await eventually { try await hub.status().sessions.first?.phase == .live })
            #expect(try await eventually { try await hub.status().away.first?.end == "completed" })
            for number in 2...4 { try live.register(UInt64(number)) }
            #expect(try await eventually { try await hub.status().sessions.first?.changeSetsIn == 4 })
            // What it brought goes round once more before it has been told of all.
            #expect(try await eventually { try await hub.status().sessions.first?.scopes.map(\.behind) == [0] })
            let status = try await hub.status()
            #expect(status.isRunning && status.hub.name == "Site 1" && status.hub.isHeadquarters)
            #expect(status.hub.listening == "127.0.0.1:\(hub.port)")
            let session = try #require(status.sessions.first)
            #expect(session.replica == ReplicaID(2).description && session.device == "Site 2")
            #expect(session.address.hasPrefix("127.0.0.1:") && session.bytesIn > 0 && session.bytesOut > 0)
            #expect(session.scopes.map(\.behind) == [0])
            let away = try #require(status.away.first)
            #expect(status.away.count == 1 && away.replica == ReplicaID(3).description)
            #expect(away.phase == .ended && away.until != nil)
            // One entry for each segment that came after it had left; live pushes may share one.
            let behind = try #require(away.scopes.first?.behind)
            #expect((1...4).contains(behind))
            watching.cancel()
            try await watching.value
            try await late.sync(with: hub.port)
            #expect(
                try await eventually {
                    let away = try await hub.status().away
                    return away.count == 2 && away.allSatisfy { $0.scopes.map(\.behind) == [0] }
                })
        }
    }

    @Test("Where the store cannot be read, the sessions are told all the same, and why the rest is missing")
    func unreadable() async throws {
        let (hq, desk) = (try Site(1, isHub: true, isHeadquarters: true), try Site(2, isHub: false))
        defer { for site in [hq, desk] { site.remove() } }
        try await WatchedHub.run(hq) { hub in
            try await desk.sync(with: hub.port)
            #expect(try await eventually { try await hub.status().away.count == 1 })
            #expect(try await hub.metrics()["assay_store_readable"] == 1)
            try hq.store.replica.close()
            let status = try await hub.status()
            #expect(status.store == nil && status.storeFailure?.isEmpty == false)
            #expect(status.away.map(\.replica) == [ReplicaID(2).description] && status.tally?.sessions == 1)
            let metrics = try await hub.metrics()
            #expect(metrics["assay_store_readable"] == 0 && metrics["assay_store_parked"] == nil)
            #expect(metrics["assay_hub_sessions_total"] == 1)
        }
    }

    @Test("The link with the hub above, what is unsent, and what is not at headquarters")
    func uplink() async throws {
        let (hq, region) = (try Site(1, isHub: true, isHeadquarters: true), try Site(2, isHub: true))
        defer { for site in [hq, region] { site.remove() } }
        try await WatchedHub.run(hq) { above in
            try await region.sync(with: above.port)
            for number in 1...3 { try region.register(UInt64(number)) }
            #expect(try region.store.replica.health(isHeadquarters: false).unsent == 3)
            #expect(try region.store.replica.health(isHeadquarters: false).notAtHQ == 3)
            try await WatchedHub.run(region, isHeadquarters: false, parent: above.port) { hub in
                #expect(try await eventually { try await hub.status().uplink?.state == .live })
                #expect(try await eventually { try await hub.status().store?.notAtHQ == 0 })
                let status = try await hub.status()
                #expect(status.store?.unsent == 0)
                #expect(status.uplink?.hub == "Site 1")
                #expect(status.uplink?.lastReceiptAtHQ != nil)
                let metrics = try await hub.metrics()
                #expect(metrics["assay_uplink_live"] == 1)
                #expect(metrics["assay_uplink_state{state=\"live\"}"] == 1)
                #expect(metrics["assay_uplink_state{state=\"refused\"}"] == 0)
                #expect(metrics["assay_uplink_unsent_change_sets"] == 0)
                #expect(metrics["assay_uplink_last_hq_receipt_seconds"] != nil)
            }
        }
        #expect(try hq.store.replica.health(isHeadquarters: true).notAtHQ == 0)
    }
}
