import HubLogic
import HybridTime
import Metrics
import SyncProtocol
import SyncTestSupport
import SyncTransport
import Testing

@testable import HubServer

@Suite("A session seen from beside it")
struct SessionMeterTests {
    private let lineage = HubLineage(hub: ReplicaID(100), epoch: 1)
    private let org = ScopeName("org")
    private let site = ScopeName("site/7")

    private func meter(_ metrics: HubMetrics = HubMetrics(NOOPMetricsHandler.instance)) -> SessionMeter {
        SessionMeter(1, address: "127.0.0.1:9", lineage, FrameOutbox(), metrics, clock: { 1_000 })
    }

    private func hello(_ lineage: HubLineage?, _ subscriptions: [Subscription], wantsLive: Bool = true) -> SyncFrame {
        var hello = Rig.hello(of: 5)
        hello.lineage = lineage
        hello.subscriptions = subscriptions
        hello.wantsLive = wantsLive
        return .hello(hello)
    }

    @Test("A cursor counts where the child speaks of this life of the hub, and else it begins from nothing")
    func cursors() throws {
        let org = try #require(org)
        let known = meter()
        known.received(hello(lineage, [Subscription(scope: org, cursor: .feed(41))]))
        #expect(known.status.scopes == [.init(scope: "org", position: 41)])
        #expect(known.status.replica == ReplicaID(5).description && known.status.device == "raw")
        let other = meter()
        other.received(
            hello(HubLineage(hub: ReplicaID(100), epoch: 2), [Subscription(scope: org, cursor: .feed(41))]))
        #expect(other.status.scopes == [.init(scope: "org", position: nil)])
    }

    @Test("A child stands where it was sent to, and is live once the end of every scope was told")
    func positions() throws {
        let (org, site) = (try #require(org), try #require(site))
        let meter = meter()
        meter.received(hello(lineage, [org, site].map { Subscription(scope: $0, cursor: .feed(1)) }))
        meter.received(.pull(scope: org, cursor: .feed(1), creditBytes: 1))
        meter.received(.pull(scope: site, cursor: .none, creditBytes: 1))
        #expect(meter.status.scopes.map(\.position) == [1, nil])
        var store = MemoryStore(9)
        store.write(1)
        let payload = try #require(store.segment(ReplicaID(9), 1...1))
        #expect(!meter.sent(.feed(scope: org, position: 7, payload: payload), bytes: 10))
        #expect(!meter.sent(.feedEnd(scope: org, position: 9), bytes: 10))
        #expect(meter.status.phase != .live)
        #expect(meter.sent(.feedEnd(scope: site, position: 9), bytes: 10), "told once")
        #expect(!meter.sent(.feed(scope: site, position: 12, payload: payload), bytes: 10))
        #expect(meter.status.phase == .live && meter.status.scopes.map(\.position) == [9, 12])
    }

    @Test("What a peer did wrong is counted under our code, and what it says of us is not")
    func refusals() {
        let metrics = HubMetrics(NOOPMetricsHandler.instance)
        let refused = meter(metrics)
        refused.ended(.refusedPeer(SyncError(.malformedFrame, "no frame")))
        meter(metrics).ended(.refusedByPeer(SyncError(SyncErrorCode(rawValue: "of-its-own") ?? .hubBusy, "x")))
        meter(metrics).ended(.peerLost(.peerStalled))
        meter(metrics).ended(.completed)
        #expect(metrics.tally.refused == ["malformed-frame": 1, "peer-stalled": 1])
        #expect(metrics.tally.sessions == 4)
        #expect(metrics.tally.lastRefusal?.code == "peer-stalled" && metrics.tally.lastRefusal?.at == 1_000)
        #expect(refused.status.end == "refused-peer: malformed-frame" && refused.status.until == 1_000)
    }
}
