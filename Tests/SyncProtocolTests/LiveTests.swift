import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

@Suite("A live session")
struct LiveTests {
    private func live(_ desk: inout MemoryStore, _ hub: inout MemoryStore, seed: UInt64) -> Link {
        var link = Link(child: .init(wantsLive: true), identity: hub.identity, seed: seed)
        link.run(&desk, &hub)
        return link
    }

    @Test("News goes both ways without a new session", arguments: 0..<30)
    func news(seed: Int) {
        var (desk, hub) = ConvergenceTests.pair()
        var link = live(&desk, &hub, seed: UInt64(seed))
        #expect(link.childEnd == nil)
        #expect(link.reports.last == .phase(.live))
        for round in 1...5 {
            desk.write(round)
            link.tell(child: .localChanged)
            hub.adopt(ReplicaID(5), UInt32(round)...UInt32(round))
            for scope in hub.scopes { link.tell(hub: .feedAdvanced(scope)) }
            link.run(&desk, &hub)
            #expect(desk.covered == hub.covered)
            #expect(desk.atHQ[desk.replica]?.total == desk.held[desk.replica]?.total)
        }
        #expect(desk.repeats == 0)
        #expect(hub.repeats == 0)
    }

    @Test("A child's own change sets are not echoed, and its cursor passes them")
    func noEcho() {
        var (desk, hub) = ConvergenceTests.pair()
        var link = live(&desk, &hub, seed: 3)
        desk.adopt(ReplicaID(6), 1...4)
        desk.write(4)
        link.tell(child: .localChanged)
        link.run(&desk, &hub)
        #expect(!link.framesDown.contains { $0.name == "feed" })
        link.tell(child: .stopRequested)
        let idle = ConvergenceTests.sync(&desk, &hub)
        #expect(idle.framesUp.map(\.name) == ["hello", "bye"])
    }

    @Test("HQ receipts pass down live to those whom they concern")
    func receiptsPassDown() {
        var site = MemoryStore.hub(200, headquarters: false)
        var desk = MemoryStore(1)
        desk.write(4)
        var other = MemoryStore(2)
        var link = live(&desk, &site, seed: 4)
        var otherLink = live(&other, &site, seed: 5)
        #expect(desk.atHQ[desk.replica] == nil)
        let news = [OriginRanges(origin: desk.replica, ranges: SequenceRanges(1...4))]
        let before = otherLink.framesDown.count
        link.tell(hub: .reachedHQ(news))
        otherLink.tell(hub: .reachedHQ(news))
        link.run(&desk, &site)
        otherLink.run(&other, &site)
        #expect(desk.atHQ[desk.replica]?.total == 4)
        #expect(otherLink.framesDown.count == before)
    }

    @Test("Credit is never exceeded by large payloads, and never runs dry for good", arguments: 0..<4)
    func credit(seed: Int) {
        var hub = MemoryStore.hub(100)
        hub.changeSetBytes = 150_000
        hub.segmentChangeSetsMax = 6
        hub.adopt(ReplicaID(2), 1...12)
        var desk = MemoryStore(1)
        desk.changeSetBytes = 150_000
        desk.segmentChangeSetsMax = 6
        desk.write(24)
        var link = live(&desk, &hub, seed: UInt64(seed))
        hub.adopt(ReplicaID(2), 13...40)
        for scope in hub.scopes { link.tell(hub: .feedAdvanced(scope)) }
        link.run(&desk, &hub)
        #expect(desk.covered == hub.covered)
        #expect(desk.covered.count == 64)
        #expect(link.leastCreditUp >= 0)
        #expect(link.leastCreditDown >= 0)
        #expect(link.leastCreditUp < SyncLimits.windowBytesMin / 2)
        #expect(link.leastCreditDown < SyncLimits.windowBytesMin / 2)
    }
}
