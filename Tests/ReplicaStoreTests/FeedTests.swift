import ChangeSets
import HubLogic
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Synchronization
import Testing

@Suite("A hub's feed")
struct FeedTests {
    private func scope() throws -> ScopeName { try #require(ScopeName("org")) }

    private func dots(_ hub: ReplicaStore, after: FeedPosition = 0) throws -> [Dot] {
        guard case .items(let items, _, _) = try hub.feedPage(scope(), after: after, bytesMax: 1 << 20) else {
            return []
        }
        return items.flatMap { item in
            guard case .segment(let payload) = item.content else { return [Dot]() }
            return payload.range.map { Dot(payload.origin, $0) }
        }
    }

    private func standing(_ hub: ReplicaStore, at position: FeedPosition) throws -> ScopeStanding {
        let query = StandingQuery(
            replica: ReplicaID(0xC1), head: 0,
            subscriptions: [Subscription(scope: try scope(), cursor: .feed(position))])
        return try #require(try hub.standing(query, isHeadquarters: false).scopes.first)
    }

    @Test("What waited enters the feed when it is applied, once, and what is put aside does not")
    func parked() throws {
        let author = try TestStore(1)
        let person = try author.store.makePerson()
        for number in 2...5 { try author.store.set(person, Fixture.phone, .text("\(number)")) }
        let hub = try TestStore(9, isHub: true)
        func take(_ run: ClosedRange<Sequence32>) throws {
            let part = try #require(try author.store.segment(author.replica, run))
            _ = try hub.store.apply(part.bytes).get()
        }
        try take(4...5)
        #expect(try dots(hub.store).isEmpty)
        try take(1...2)
        #expect(try dots(hub.store).map(\.sequence) == [1, 2])
        try take(1...5)
        #expect(try dots(hub.store).map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(try hub.store.digest() == author.store.digest())
    }

    @Test("What a hub commits itself is news to a child that had read the feed to its end")
    func ownCommits() throws {
        let hub = try TestStore(9, isHub: true)
        _ = try hub.store.makePerson()
        guard case .known(let end, true) = try standing(hub.store, at: 0) else {
            Issue.record("the feed is not usable")
            return
        }
        _ = try hub.store.makePerson()
        #expect(try standing(hub.store, at: end) == .known(end: end + 1, usable: true))
        #expect(try dots(hub.store, after: end) == [Dot(hub.replica, 2)])
    }

    @Test("Change sets that came as state before enter the feed with their journal, once")
    func stateThenJournal() throws {
        let author = try TestStore(1)
        let person = try author.store.makePerson()
        try author.store.set(person, Fixture.phone, "2")
        let hub = try TestStore(9, isHub: true)
        try author.store.sendSnapshot(to: hub.store)
        for _ in 0..<2 { try author.store.send(to: hub.store) }
        let entries = try hub.store.feed(after: 0, bytesMax: 1 << 20)
        #expect(entries.flatMap { entry in entry.range.map { $0 } } == [1, 2])
    }

    @Test("State that came to a hub sends children to a snapshot, once, wherever they stood")
    func stateReachesChildren() throws {
        let hub = try TestStore(9, isHub: true)
        let child = try TestStore(1)
        let elsewhere = try TestStore(2)
        _ = try hub.store.makePerson("first")
        _ = try elsewhere.store.makePerson("from the parent")
        let scope = try scope()
        let lineage = HubLineage(hub: hub.replica, epoch: 1)
        // The child has read all there was.
        guard case .items(let items, let reached, true) = try hub.store.feedPage(scope, after: 0, bytesMax: 1 << 20)
        else {
            Issue.record("no feed")
            return
        }
        for item in items {
            guard case .segment(let payload) = item.content else { continue }
            _ = try child.store.perform([.feed(lineage, scope, item.position, payload)])
        }
        // Two chunks of one bootstrap from the hub's own parent.
        let parent = HubLineage(hub: elsewhere.replica, epoch: 1)
        _ = try elsewhere.store.makePerson("second")
        let (one, next) = try elsewhere.store.snapshotChunk(after: 0, documents: 1)
        let (two, _) = try elsewhere.store.snapshotChunk(after: try #require(next), documents: 8)
        let cursor = try #require(SnapshotCursor([1]))
        _ = try hub.store.perform([.snapshotChunk(parent, scope, 7, SnapshotChunk(bytes: one, next: cursor))])
        _ = try hub.store.perform([.snapshotChunk(parent, scope, 7, SnapshotChunk(bytes: two, next: nil))])
        #expect(try hub.store.feedPage(scope, after: reached, bytesMax: 1 << 20) == .compacted)
        guard case .known(let end, false) = try standing(hub.store, at: reached) else {
            Issue.record("the child is not told")
            return
        }
        guard case .chunk(let chunk, let position, 3) = try hub.store.snapshotPage(scope, after: nil, bytesMax: 1 << 20)
        else {
            Issue.record("no snapshot")
            return
        }
        #expect(position == end)
        _ = try child.store.perform([.snapshotChunk(lineage, scope, position, chunk)])
        #expect(try child.store.digest() == hub.store.digest())
        #expect(
            try hub.store.feedPage(scope, after: position, bytesMax: 1 << 20)
                == .items([], reached: position, isAtEnd: true))
        // The same state once more is no news.
        try elsewhere.store.sendSnapshot(to: hub.store)
        #expect(try standing(hub.store, at: position) == .known(end: position, usable: true))
        #expect(try hub.store.check() == [])
    }

    @Test("A segment that is refused moves no cursor, and a feed entry moves it with its change sets")
    func cursors() throws {
        let hub = try TestStore(9, isHub: true)
        _ = try hub.store.makePerson("first")
        let test = try TestStore(1)
        let (scope, lineage) = (try scope(), HubLineage(hub: hub.replica, epoch: 1))
        let part = try #require(try hub.store.payload(of: hub.replica, in: 1...1))
        let broken = SegmentPayload(origin: hub.replica, first: 1, last: 1, bytes: Array(part.bytes.dropLast(4)))
        let outcomes = try test.store.perform([.feed(lineage, scope, 1, broken), .feed(lineage, scope, 2, part)])
        #expect(outcomes.map(\.isDurable) == [false])
        #expect(try test.store.memory(of: lineage).subscriptions == [Subscription(scope: scope, cursor: .none)])
        #expect(try test.store.perform([.feed(lineage, scope, 1, part)]).map(\.verdict) == [.stored])
        #expect(try test.store.memory(of: lineage).subscriptions == [Subscription(scope: scope, cursor: .feed(1))])
        #expect(try test.store.digest() == hub.store.digest())
        #expect(try test.store.unsent(to: lineage, awaitingHQ: false).isEmpty)
    }

    @Test("Cursors and receipts belong to one hub and epoch")
    func lineages() throws {
        let test = try TestStore(1)
        for _ in 0..<5 { _ = try test.store.makePerson() }
        let (scope, one) = (try scope(), HubLineage(hub: ReplicaID(0x91), epoch: 1))
        let two = HubLineage(hub: ReplicaID(0x91), epoch: 2)
        var receipts = ReceiptCommit(lineage: one)
        receipts.atHub = [OriginRanges(origin: test.replica, ranges: SequenceRanges(1...4))]
        receipts.atHQ = [OriginRanges(origin: test.replica, ranges: SequenceRanges(1...2))]
        _ = try test.store.perform([.receipts(receipts), .cursor(one, scope, 12)])
        #expect(try test.store.memory(of: one).receiptedAtHub == 4)
        #expect(try test.store.memory(of: one).receiptedAtHQ == 2)
        #expect(try test.store.unsent(to: one, awaitingHQ: false).map(\.ranges) == [SequenceRanges(5...5)])
        #expect(try test.store.unsent(to: one, awaitingHQ: true).map(\.ranges) == [SequenceRanges(3...5)])
        #expect(try test.store.memory(of: two).receiptedAtHub == 0)
        #expect(try test.store.memory(of: two).receiptedAtHQ == 2)
        #expect(try test.store.memory(of: two).subscriptions == [Subscription(scope: scope, cursor: .none)])
        #expect(try test.store.unsent(to: two, awaitingHQ: false).map(\.ranges) == [SequenceRanges(1...5)])
        var lost = ReceiptCommit(lineage: one)
        lost.lostByHub = [OriginRanges(origin: test.replica, ranges: SequenceRanges(2...3))]
        _ = try test.store.perform([.receipts(lost)])
        var expected = SequenceRanges(2...3)
        expected.insert(5...5)
        #expect(try test.store.unsent(to: one, awaitingHQ: false).map(\.ranges) == [expected])
    }

    @Test("A cursor beyond the end, of a life that a backup has undone, is sent to a snapshot")
    func beyondTheEnd() throws {
        let hub = try TestStore(9, isHub: true)
        _ = try hub.store.makePerson()
        let scope = try scope()
        guard case .items(_, let end, _) = try hub.store.feedPage(scope, after: 0, bytesMax: 1 << 20) else {
            Issue.record("no feed")
            return
        }
        #expect(try hub.store.feedPage(scope, after: end, bytesMax: 1 << 20) == .items([], reached: end, isAtEnd: true))
        #expect(try hub.store.feedPage(scope, after: end + 1, bytesMax: 1 << 20) == .compacted)
    }

    @Test("A push packs a tail of 64 and leaves a shorter one; what is offered is the same")
    func packing() throws {
        let test = try TestStore(1)
        let lineage = HubLineage(hub: ReplicaID(0x91), epoch: 1)
        for count in 1...64 {
            _ = try test.store.makePerson("\(count)")
            guard count > 62 else { continue }
            let offered = try test.store.unsent(to: lineage, awaitingHQ: false)
            #expect(offered.map(\.ranges) == [SequenceRanges(1...Sequence32(count))])
            #expect(try test.store.count("SELECT count(*) FROM tail") == (count < 64 ? Int64(count) : 0))
            #expect(try test.store.count("SELECT count(*) FROM segment") == (count < 64 ? 0 : 1))
        }
        #expect(try test.store.payload(of: test.replica, in: 1...64)?.range == 1...64)
        #expect(try test.store.check() == [])
    }

    @Test("A commit of another connection is noticed once, and one's own is not")
    func others() throws {
        let test = try TestStore(1)
        let second = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        test.store.noticeOthers()
        let heard = Mutex(0)
        let id = test.store.changes.add { event in if event == .elsewhere { heard.withLock { $0 += 1 } } }
        defer { test.store.changes.remove(id) }
        _ = try test.store.makePerson()
        test.store.noticeOthers()
        #expect(heard.withLock { $0 } == 0)
        _ = try second.makePerson()
        test.store.noticeOthers()
        test.store.noticeOthers()
        #expect(heard.withLock { $0 } == 1)
        try second.close()
    }
}
