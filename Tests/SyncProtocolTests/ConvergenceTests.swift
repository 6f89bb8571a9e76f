import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

@Suite("A child and a parent")
struct ConvergenceTests {
    /// A desk with 23 change sets of its own and a hub with 30 of another.
    static func pair() -> (desk: MemoryStore, hub: MemoryStore) {
        var hub = MemoryStore.hub(100, scopes: ["org", "site/a"])
        hub.adopt(ReplicaID(2), 1...30)
        var desk = MemoryStore(1, scopes: ["org", "site/a"])
        desk.write(23)
        return (desk, hub)
    }

    /// Runs one session to its end.
    @discardableResult
    static func sync(
        _ desk: inout MemoryStore, _ hub: inout MemoryStore, seed: UInt64 = 1, cutAfter: Int? = nil
    ) -> Link {
        var link = Link(identity: hub.identity, seed: seed, cutAfter: cutAfter)
        link.run(&desk, &hub)
        return link
    }

    @Test("A first session pushes all, restores all and ends with bye", arguments: 0..<50)
    func firstSession(seed: Int) {
        var (desk, hub) = ConvergenceTests.pair()
        let link = ConvergenceTests.sync(&desk, &hub, seed: UInt64(seed))
        #expect(link.childEnd == .completed)
        #expect(link.hubEnd == .completed)
        #expect(desk.covered == hub.covered)
        #expect(hub.held[desk.replica]?.total == 23)
        #expect(desk.atHQ[desk.replica]?.total == 23)
        #expect(hub.repeats == 0)
        #expect(desk.repeats == 0)
    }

    @Test("A session cut at any byte resumes without loss, doubles or a full re-send")
    func cutAnywhere() {
        func pair() -> (desk: MemoryStore, hub: MemoryStore) {
            var hub = MemoryStore.hub(100, scopes: ["org", "site/a"])
            hub.segmentChangeSetsMax = 3
            hub.adopt(ReplicaID(2), 1...9)
            var desk = MemoryStore(1, scopes: ["org", "site/a"])
            desk.segmentChangeSetsMax = 3
            desk.write(11)
            return (desk, hub)
        }
        var whole = pair()
        let full = ConvergenceTests.sync(&whole.desk, &whole.hub).bytes
        for cut in 0..<full {
            var (desk, hub) = pair()
            let first = ConvergenceTests.sync(&desk, &hub, seed: UInt64(cut), cutAfter: cut)
            let pushed = (1...11).filter { hub.held[desk.replica]?.contains($0) == true }
            let spared = pushed.reduce(desk.restored.count * 12) { $0 + desk.contents(Dot(desk.replica, $1)).count }
            let second = ConvergenceTests.sync(&desk, &hub, seed: UInt64(cut) + 1)
            #expect(first.childEnd == .peerLeft || first.childEnd == .completed)
            #expect(second.childEnd == .completed)
            #expect(desk.covered == hub.covered)
            #expect(hub.covered.count == 20)
            #expect(desk.atHQ[desk.replica]?.ranges == [1...11])
            #expect(hub.repeats == 0)
            // What was durable before the cut does not travel again.
            #expect(second.bytes <= full + 150 - spared, "cut at \(cut) of \(full)")
        }
    }

    @Test("A session that is cut again and again comes to its end", arguments: [700, 900, 1_500])
    func cutAgainAndAgain(budget: Int) {
        var (desk, hub) = ConvergenceTests.pair()
        var sessions = 0
        var end: SessionEnd?
        while end != .completed, sessions < 200 {
            let link = ConvergenceTests.sync(&desk, &hub, seed: UInt64(sessions), cutAfter: budget)
            end = link.childEnd
            sessions += 1
        }
        #expect(end == .completed)
        #expect(desk.covered == hub.covered)
        #expect(hub.repeats == 0)
    }

    @Test("An idle check costs hello, welcome and bye, and at most 500 bytes, however much is stored")
    func idleCheck() {
        let scopes = ["org", "region/south", "site/lisbon", "site/porto"]
        for count in [0, 10, 3_000] {
            var hub = MemoryStore.hub(.max - 1, scopes: scopes)
            hub.segmentChangeSetsMax = 4_096
            hub.chunkDocumentsMax = 10_000
            hub.adopt(ReplicaID(2), 1...UInt32(max(1, count)))
            var desk = MemoryStore(.max, scopes: scopes)
            desk.segmentChangeSetsMax = 4_096
            desk.write(count)
            ConvergenceTests.sync(&desk, &hub)
            let idle = ConvergenceTests.sync(&desk, &hub)
            #expect(idle.childEnd == .completed)
            #expect(idle.framesUp.map(\.name) == ["hello", "bye"])
            #expect(idle.framesDown.map(\.name) == ["welcome"])
            #expect(idle.bytes <= 500, "\(idle.bytes) bytes")
        }
    }

    @Test("Only what is new travels in later sessions")
    func increments() {
        var (desk, hub) = ConvergenceTests.pair()
        ConvergenceTests.sync(&desk, &hub)
        desk.write(1)
        hub.adopt(ReplicaID(3), 1...2)
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(link.bytes < 1_200)
        #expect(desk.covered == hub.covered)
        let segments = link.framesUp.filter { $0.name == "segment" }
        #expect(segments.count == 1)
        #expect(!link.framesDown.contains { $0.name == "snapshotBegin" })
    }

    @Test("Gaps in what the hub holds are filled, and nothing else is sent")
    func gaps() {
        var (desk, hub) = ConvergenceTests.pair()
        hub.adopt(desk.replica, 3...5)
        hub.adopt(desk.replica, 9...9)
        hub.adopt(desk.replica, 20...22)
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(hub.held[desk.replica]?.ranges == [1...23])
        #expect(hub.repeats == 0)
        #expect(link.childEnd == .completed)
    }

    @Test("Another replica relays what its author cannot bring")
    func relay() {
        var author = MemoryStore(1)
        author.write(12)
        var near = MemoryStore.hub(100)
        ConvergenceTests.sync(&author, &near)
        var courier = MemoryStore(2)
        ConvergenceTests.sync(&courier, &near)
        author.write(5)
        ConvergenceTests.sync(&author, &near)
        ConvergenceTests.sync(&courier, &near)
        #expect(courier.held[author.replica]?.ranges == [13...17])
        var far = MemoryStore.hub(200)
        let link = ConvergenceTests.sync(&courier, &far)
        #expect(far.held[author.replica]?.ranges == [13...17])
        #expect(link.childEnd == .completed)
        ConvergenceTests.sync(&author, &far)
        #expect(far.held[author.replica]?.ranges == [1...17])
        #expect(far.repeats == 0)
    }

    @Test("What a relay brought of a child's own is not sent back to it, and its cursor passes it")
    func noEchoOfRelayed() {
        var hub = MemoryStore.hub(100)
        var author = MemoryStore(1)
        author.write(4)
        ConvergenceTests.sync(&author, &hub)
        author.write(6)
        var courier = MemoryStore(2, scopes: [])
        courier.adopt(author.replica, 5...10)
        ConvergenceTests.sync(&courier, &hub)
        let link = ConvergenceTests.sync(&author, &hub)
        #expect(link.framesUp.map(\.name) == ["hello", "pull", "bye"])
        #expect(link.framesDown.map(\.name) == ["welcome", "feedEnd"])
        #expect(ConvergenceTests.sync(&author, &hub).framesUp.map(\.name) == ["hello", "bye"])
    }

    @Test("A hub that holds an offered change set already receipts it unasked")
    func receiptWithoutSending() {
        var author = MemoryStore(1)
        author.write(6)
        var courier = MemoryStore(2, scopes: [])
        courier.adopt(author.replica, 1...6)
        var hub = MemoryStore.hub(100)
        ConvergenceTests.sync(&author, &hub)
        let link = ConvergenceTests.sync(&courier, &hub)
        #expect(!link.framesUp.contains { $0.name == "segment" })
        #expect(courier.receipted[hub.lineage]?[author.replica]?.total == 6)
        let idle = ConvergenceTests.sync(&courier, &hub)
        #expect(idle.framesUp.map(\.name) == ["hello", "bye"])
    }

    @Test("Through a tree, receipts at HQ come down one level at each meeting")
    func tree() {
        var hq = MemoryStore.hub(300)
        var site = MemoryStore.hub(200, headquarters: false)
        ConvergenceTests.sync(&site, &hq)
        var desk = MemoryStore(1)
        desk.write(9)
        ConvergenceTests.sync(&desk, &site)
        #expect(desk.receipted[site.lineage]?[desk.replica]?.total == 9)
        #expect(desk.atHQ[desk.replica] == nil)
        ConvergenceTests.sync(&site, &hq)
        #expect(hq.held[desk.replica]?.total == 9)
        #expect(site.atHQ[desk.replica]?.total == 9)
        let link = ConvergenceTests.sync(&desk, &site)
        #expect(desk.atHQ[desk.replica]?.total == 9)
        #expect(link.framesUp.map(\.name) == ["hello", "bye"])
    }

    @Test("A courier learns that what it carried has reached HQ, and asks only when there is news")
    func receiptMarks() {
        var hq = MemoryStore.hub(300)
        var site = MemoryStore.hub(200, headquarters: false)
        var courier = MemoryStore(2)
        courier.adopt(ReplicaID(1), 1...8)
        ConvergenceTests.sync(&courier, &site)
        #expect(courier.atHQ[ReplicaID(1)] == nil)
        ConvergenceTests.sync(&courier, &site)
        #expect(ConvergenceTests.sync(&courier, &site).framesUp.map(\.name) == ["hello", "bye"])
        ConvergenceTests.sync(&site, &hq)
        #expect(ConvergenceTests.sync(&courier, &site).framesUp.contains { $0.name == "offer" })
        #expect(courier.atHQ[ReplicaID(1)]?.total == 8)
        #expect(ConvergenceTests.sync(&courier, &site).framesUp.map(\.name) == ["hello", "bye"])
    }

    @Test("A compacted feed leads to a new snapshot")
    func compaction() throws {
        var (desk, hub) = ConvergenceTests.pair()
        ConvergenceTests.sync(&desk, &hub)
        hub.adopt(ReplicaID(2), 31...60)
        let org = try #require(ScopeName("org"))
        hub.compact(org, to: FeedPosition(hub.feeds[org]?.count ?? 0))
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(link.framesDown.contains { $0.name == "snapshotBegin" })
        #expect(desk.covered == hub.covered)
    }

    @Test("A hub in a new epoch voids cursors, and its lost change sets come again")
    func restoredHub() {
        var (desk, hub) = ConvergenceTests.pair()
        let backup = hub
        ConvergenceTests.sync(&desk, &hub)
        hub = backup
        hub.epoch = 2
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(link.childEnd == .completed)
        #expect(hub.held[desk.replica]?.total == 23)
        #expect(desk.covered == hub.covered)
    }

    @Test("A hub that lost what it had receipted is found out and gets it again")
    func forgetfulHub() {
        var (desk, hub) = ConvergenceTests.pair()
        let backup = hub
        ConvergenceTests.sync(&desk, &hub)
        hub = backup
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(link.hasRegressed && link.childEnd == .refusedByPeer(.hubRenamed))
        #expect(hub.epoch == backup.epoch + 1)
        let again = ConvergenceTests.sync(&desk, &hub)
        #expect(again.childEnd == .completed && !again.hasRegressed)
        #expect(hub.held[desk.replica]?.total == 23)
        #expect(desk.receipted[hub.lineage]?[desk.replica]?.total == 23)
    }
}
