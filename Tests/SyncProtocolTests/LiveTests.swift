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

    @Test("A feed that grows while its page is being read is read again")
    func growsWhileRead() {
        let hub = MemoryStore.hub(100)
        var hello = Samples.hello
        hello.organisation = hub.organisation
        hello.subscriptions = [Subscription(scope: Samples.scope("org"), cursor: .none)]
        var session = HubSession(identity: hub.identity)
        _ = session.receive(.received(.hello(hello)))
        let query = StandingQuery(replica: hello.replica, head: 42, subscriptions: hello.subscriptions)
        _ = session.receive(.loaded(.standing(hub.standing(query), clock: 0)))
        let scope = Samples.scope("org")
        let load = HubAction.load(.feed(scope, after: 4, bytesMax: SyncLimits.feedLoadBytesMax, within: [scope]))
        #expect(session.receive(.received(.pull(scope: scope, cursor: .feed(4), creditBytes: 9_000))) == [load])
        #expect(session.receive(.feedAdvanced(scope)).isEmpty)
        let page = FeedPage.items([], reached: 4, isAtEnd: true)
        let end = HubAction.send(.feedEnd(scope: scope, position: 4))
        #expect(session.receive(.loaded(.feed(scope, page))) == [end, load])
        #expect(session.receive(.loaded(.feed(scope, page))).isEmpty)
    }

    @Test("An HQ receipt right behind the welcome is not lost while the chain is still being compared")
    func earlyReceipt() {
        var site = MemoryStore.hub(200, headquarters: false)
        var desk = MemoryStore(1)
        desk.write(4)
        ConvergenceTests.sync(&desk, &site)
        desk.write(1)
        let link = Link(child: .init(wantsLive: true), identity: site.identity, seed: 4)
        var child = link.child
        _ = child.receive(.connected(clock: 0))
        _ = child.receive(.loaded(.greeting(desk.greeting())))
        let query = StandingQuery(replica: desk.replica, head: 5, subscriptions: desk.greeting().memory.subscriptions)
        let standing = site.standing(query)
        let welcome = Welcome(
            version: 1, organisation: site.organisation, lineage: site.lineage, hubName: "", clock: 0,
            creditBytes: SyncLimits.windowBytesMin, held: standing.held, heldAtHQ: standing.heldAtHQ,
            shared: standing.shared, receiptMark: standing.receiptMark, scopes: standing.scopes)
        #expect(child.receive(.received(.welcome(welcome))).last == .load(.chainHashes(desk.replica, [4])))
        let news = OriginRanges(origin: desk.replica, ranges: SequenceRanges(1...4))
        #expect(child.receive(.received(.receipt(Receipt(level: .atHQ, entries: [news], notes: [])))).isEmpty)
        let actions = child.receive(.loaded(.chainHashes([desk.hash(of: desk.replica, at: 4)])))
        #expect(actions.contains(.commit([.receipts(ReceiptCommit(lineage: site.lineage, atHQ: [news]))])))
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
