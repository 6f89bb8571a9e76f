import HubLogic
import HybridTime
import ReplicaStore
import SyncProtocol
import Testing

@Suite("What a hub says of headquarters")
struct ReceiptTests {
    /// Found by the simulator (sqlite, seed 7000294): a replica that had written nothing asked about headquarters in every
    /// session, for it never knew again how far it had asked.
    @Test("Whoever has written nothing remembers as well how far it has asked about headquarters")
    func markOfTheSilent() throws {
        let silent = try TestStore(1)
        let lineage = HubLineage(hub: ReplicaID(9), epoch: 1)
        _ = try silent.store.perform([.receipts(ReceiptCommit(lineage: lineage, receiptMark: 77))])
        #expect(try silent.store.memory(of: lineage).receiptMark == 77)
    }

    /// Found by the simulator (memory, seed 144): the receipt came down before the change set itself, and a child took the
    /// hub for one that had held it.
    @Test("A hub says that something is at headquarters only once it holds it, too")
    func onlyWhatIsHere() throws {
        let desk = try TestStore(1)
        for number in 1...3 { _ = try desk.store.makePerson("\(number)") }
        let hub = try TestStore(2, isHub: true)
        let lineage = HubLineage(hub: ReplicaID(9), epoch: 1)
        let receipts = ReceiptCommit(
            lineage: lineage, atHQ: [OriginRanges(origin: desk.replica, ranges: SequenceRanges(1...3))])
        var told: [OriginRanges] = []
        nonisolated(unsafe) var news: [StoreEvent] = []
        let observer = hub.store.changes.add { news.append($0) }
        defer { hub.store.changes.remove(observer) }
        _ = try hub.store.perform([.receipts(receipts)])
        let query = StandingQuery(replica: desk.replica, head: 3, subscriptions: [])
        let before = try hub.store.standing(query, isHeadquarters: false)
        #expect(before.heldAtHQ.isEmpty)
        #expect(
            try hub.store.held([HeldQuery(origin: desk.replica, sequence: 3)], isHeadquarters: false)[0].atHQ.isEmpty)
        for case .reachedHQ(let ranges) in news { told += ranges }
        #expect(told.isEmpty)
        // Now it comes down the feed.
        let payload = try #require(try desk.store.payload(of: desk.replica, in: 1...3))
        let scope = try #require(ScopeName("org"))
        _ = try hub.store.perform([.feed(lineage, scope, 1, payload)])
        let after = try hub.store.standing(query, isHeadquarters: false)
        #expect(after.heldAtHQ.ranges == [1...3])
        #expect(after.receiptMark > before.receiptMark)
        for case .reachedHQ(let ranges) in news { told += ranges }
        #expect(told == [OriginRanges(origin: desk.replica, ranges: SequenceRanges(1...3))])
    }
}
