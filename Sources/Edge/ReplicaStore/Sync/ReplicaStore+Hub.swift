import ByteCoding
import ChangeSets
import Foundation
import HubLogic
import HybridTime
import Merging
import SyncProtocol

/// What sessions with those below ask of a hub's store.
extension ReplicaStore {
    public func hubIdentity(isHeadquarters: Bool) throws(StoreError) -> HubIdentity {
        guard let organisation = OrganisationID(identity.organisation) else {
            throw .damaged(place: "the store's own description", reason: "the organisation's name is not 16 bytes")
        }
        let present = try syncing { _, journal throws(StoreError) in try journal.identity(of: identity) }
        return HubIdentity(
            organisation: organisation, lineage: HubLineage(hub: present.replica, epoch: UInt64(present.epoch)),
            name: present.name, isHeadquarters: isHeadquarters)
    }

    public func standing(_ query: StandingQuery, isHeadquarters: Bool) throws(StoreError) -> Standing {
        // What the hub itself committed is news to its children, too.
        try packTailIfNeeded()
        var own: [Digest256?] = []
        for subscription in query.subscriptions {
            if !ReplicaStore.everything.contains(subscription.scope) { _ = try serve(subscription.scope) }
            own.append(subscription.digest == nil ? nil : try digest(of: subscription.scope))
        }
        return try readingTables { tables, _ in
            let (state, journal) = (tables.sync, tables.journal)
            let feeds = try query.subscriptions.map { try tables.feed(of: $0.scope) }
            subscribers.withLock { seen in
                for (subscription, feed) in zip(query.subscriptions, feeds) {
                    guard let feed else { continue }
                    seen[Subscriber(replica: query.replica, scope: subscription.scope)] =
                        subscription.cursor.position ?? feed.end
                }
            }
            let held = try journal.heldOrTrimmed(query.replica)
            let isBehind = query.isSameLife ? try self.isBehind(query, feeds, journal) : false
            var shared: ChainPoint?
            let known = try journal.comparableHead(query.replica)
            if query.head > 0, let hash = try chainHash(of: query.replica, at: query.head, journal) {
                shared = ChainPoint(sequence: query.head, hash: hash)
            } else if known.sequence < query.head {
                shared = ChainPoint(known)
            }
            return Standing(
                held: held, heldAtHQ: isHeadquarters ? held : held.intersection(try state.reachedHQ(query.replica)),
                shared: shared,
                receiptMark: isHeadquarters ? try state.journalMark() : try state.receiptMark(),
                scopes: zip(query.subscriptions, zip(feeds, own)).map { subscription, here in
                    guard let (floor, end) = here.0.map({ ($0.floor, $0.end) }) else { return .unknown }
                    switch subscription.cursor {
                    case .none: return .known(end: end, usable: false)
                    case .feed(let position) where position == end && floor <= position:
                        // At rest the two sides hold the same, or something has gone wrong that nobody noticed.
                        if let theirs = subscription.digest, let own = here.1, theirs != own {
                            return .differs(end: end)
                        }
                        return .known(end: end, usable: true)
                    case .feed(let position), .bootstrap(let position, _):
                        return .known(end: end, usable: floor <= position && position <= end)
                    }
                }, isBehind: isBehind, headquarters: try state.headquarters())
        }
    }

    /// Whether a child that speaks of this life of the hub tells of what this store never had, or lost.
    private func isBehind(
        _ query: StandingQuery, _ feeds: [ServedFeed?], _ journal: Journal
    ) throws(StoreError) -> Bool {
        for (subscription, feed) in zip(query.subscriptions, feeds) {
            guard let feed else { continue }
            switch subscription.cursor {
            case .none: continue
            case .feed(let position), .bootstrap(let position, _):
                if position > feed.end { return true }
                if position > feed.floor, position > feed.toldAgain, try !feed.hasEntry(position) { return true }
            }
        }
        guard let told = query.hubHead else { return false }
        if try journal.ownHead().sequence < told.sequence { return true }
        guard let hash = try chainHash(of: try journal.own(), at: told.sequence, journal) else { return false }
        return hash != told.hash
    }

    /// The hashes that a child asks for.
    public func chainHashes(_ probe: ChainProbe) throws(StoreError) -> ChainHashes {
        try syncing { _, journal throws(StoreError) in
            let end = try journal.comparableHead(probe.origin).sequence
            return ChainHashes(
                origin: probe.origin, end: end, hashes: try chainHashes(of: probe.origin, at: probe.sequences, journal))
        }
    }

    public func held(_ queries: [HeldQuery], isHeadquarters: Bool) throws(StoreError) -> [HeldOrigin] {
        try syncing { state, journal throws(StoreError) in
            var answers: [HeldOrigin] = []
            for query in queries {
                let held = try journal.heldOrTrimmed(query.origin)
                answers.append(
                    HeldOrigin(
                        origin: query.origin, ranges: held,
                        atHQ: isHeadquarters ? held : held.intersection(try state.reachedHQ(query.origin)),
                        hash: try chainHash(of: query.origin, at: query.sequence, journal),
                        head: ChainPoint(try journal.comparableHead(query.origin))))
            }
            return answers
        }
    }

    /// - Parameter within: all scopes of whoever reads.
    public func feedPage(
        _ scope: ScopeName, after: FeedPosition, bytesMax: Int, within: [ScopeName] = []
    ) throws(StoreError) -> FeedPage {
        guard ReplicaStore.everything.contains(scope) else {
            return try scopePage(scope, after: after, bytesMax: bytesMax, within: within)
        }
        guard try holdsEverything() else { return .unknownScope }
        try packTailIfNeeded()
        let told = try syncing { _, journal throws(StoreError) in FeedPosition(try journal.feedRenamed()) }
        // Names have changed since: sessions of before are about to end, and get nothing under the new ones.
        if after > 0, after <= told { return .items([], reached: after, isAtEnd: true) }
        let end = FeedPosition(try feedEnd())
        let entries = try feed(after: Int64(bitPattern: after), bytesMax: bytesMax)
        // Looked at last: state that came in meanwhile must not be jumped over.
        let floor = try syncing { _, journal throws(StoreError) in FeedPosition(try journal.feedFloor()) }
        // A cursor beyond the end was given by a life of this hub that is gone: a store restored from a backup.
        if after < floor || after > end { return .compacted }
        let items = entries.map { entry in
            FeedItem(
                position: FeedPosition(entry.position),
                payload: SegmentPayload(
                    origin: entry.origin, first: entry.range.lowerBound, last: entry.range.upperBound,
                    bytes: entry.bytes))
        }
        let reached = items.last?.position ?? after
        return .items(items, reached: reached, isAtEnd: reached >= end)
    }

    private func scopePage(
        _ scope: ScopeName, after: FeedPosition, bytesMax: Int, within: [ScopeName]
    ) throws(StoreError) -> FeedPage {
        try readingTables { tables, _ in
            guard let number = try tables.served(scope), let feed = try tables.feed(of: scope) else {
                return .unknownScope
            }
            if after < feed.floor || after > feed.end { return .compacted }
            var reader = ScopeFeedReader(
                tables, scope, number, after: Int64(bitPattern: after), bytesMax: bytesMax,
                within: within + [scope])
            let (items, reached) = try reader.read()
            return .items(items, reached: reached, isAtEnd: reached >= feed.end)
        }
    }

    /// Whether this replica wants everything, and so has a feed of everything.
    func holdsEverything() throws(StoreError) -> Bool {
        try subscriptions() == ReplicaStore.everything
    }

    public func snapshotPage(_ scope: ScopeName, after: SnapshotCursor?, bytesMax: Int) throws(StoreError)
        -> SnapshotPage
    {
        if ReplicaStore.everything.contains(scope) { try packTailIfNeeded() }
        let found = try readingTables { tables, _ in
            try tables.feed(of: scope).map { ($0.end, Int(try tables.documentCount(of: scope))) }
        }
        guard let (end, total) = found else { return .unknownScope }
        let known = after.flatMap { SnapshotPlace($0) }
        let place = known ?? SnapshotPlace(total: total, hasFirst: Tables.comesFirst(schema) != nil)
        let (bytes, next) = try snapshotChunk(of: scope, at: place, bytesMax: bytesMax)
        return .chunk(
            SnapshotChunk(bytes: bytes, next: next?.cursor), position: end, documents: UInt64(place.total))
    }

    /// How this hub differs from ranges as a child has them, and its feed's end when it looked.
    public func compare(
        _ scope: ScopeName, _ ranges: [RangeDigest]
    ) throws(StoreError) -> (position: FeedPosition, parts: [ComparedPart]) {
        let parts = try differences(from: ranges, in: scope)
        // Read last: what came in meanwhile may show as a difference, and this position then tells the child to pass over.
        // What the hub itself committed has a position once it is packed.
        try packTailIfNeeded()
        let end = try readingTables { tables, _ in try tables.feed(of: scope)?.end }
        return (end ?? 0, parts)
    }

    /// Journals segments of any number of sessions in one transaction: one fsync for all of them.
    /// - Parameter hubs: the name that this hub bore when each one's session began; nil where that does not matter. Histories
    ///   were compared under the names of then: what comes of a session that knows another name is refused.
    public func take(
        _ payloads: [SegmentPayload], of hubs: [ReplicaID]? = nil
    ) throws(StoreError) -> [SegmentOutcome] {
        let hubs: [ReplicaID?] = hubs ?? payloads.map { _ in nil }
        precondition(hubs.count == payloads.count, "one name for each segment")
        var outcomes: [SegmentOutcome]
        do throws(StoreError) {
            outcomes = try writing { writer throws(StoreError) in
                var outcomes: [SegmentOutcome] = []
                for (index, payload) in payloads.enumerated() {
                    outcomes.append(try writer.outcome(of: payload, hubs[index], entersFeed: isHub))
                }
                return outcomes
            }
        } catch {
            guard error.isAboutContent else { throw error }
            // One of them breaks the store's own rules: alone, each does good or harm to itself only.
            outcomes = []
            for (index, payload) in payloads.enumerated() { outcomes.append(try takeAlone(payload, hubs[index])) }
        }
        if outcomes.contains(where: \.isDurable) { changes.post(.applied) }
        return outcomes
    }

    private func takeAlone(_ payload: SegmentPayload, _ hub: ReplicaID?) throws(StoreError) -> SegmentOutcome {
        do throws(StoreError) {
            return try writing { writer throws(StoreError) in
                try writer.outcome(of: payload, hub, entersFeed: isHub)
            }
        } catch {
            guard error.isAboutContent else { throw error }
            // What is damaged here is not the peer's fault, and it may send the same again later.
            let code: SyncErrorCode = error.code == "store-damaged" ? .storageFailed : .malformedFrame
            return SegmentOutcome(payload, .refused(code: code, reason: error.description))
        }
    }

    /// At a hub its own new change sets have to be in segments before its feed is read; elsewhere they are packed when
    /// enough of them wait for a push.
    func packTailIfNeeded(atLeast count: Int = 1) throws(StoreError) {
        let waiting = try readingTables { tables, _ in
            let rows = tables.lookup("SELECT count(*) FROM (SELECT 1 FROM tail LIMIT ?)")
            rows.bind(1, Int64(count))
            return try rows.step() ? rows.integer(0) : 0
        }
        if waiting >= count { try packTail() }
    }
}

extension Writer {
    fileprivate func outcome(
        of payload: SegmentPayload, _ hub: ReplicaID?, entersFeed: Bool
    ) throws(StoreError) -> SegmentOutcome {
        if let hub, hub != identity.replica {
            return SegmentOutcome(
                payload, .refused(code: .hubRegressed, reason: "this hub goes by a new name; sync again"))
        }
        return SegmentOutcome(payload, try verdict(of: payload, entersFeed: entersFeed))
    }
}

extension StoreError {
    /// Whether a peer's bytes are to blame, and not the disk.
    var isAboutContent: Bool {
        switch self {
        case .sqlite(let code, _): code & 0xFF == 19 || code & 0xFF == 20
        case .damaged, .foreignRecord, .limitExceeded, .unknownRecordKind, .malformedDraft: true
        default: false
        }
    }
}

/// A feed as those below ask for it.
struct ServedFeed {
    let floor: FeedPosition
    let end: FeedPosition
    /// Entries up to here were taken out and told again.
    var toldAgain: FeedPosition = 0
    let hasEntry: (FeedPosition) throws(StoreError) -> Bool
}

extension ReaderTables {
    /// The number of a scope that has a feed of its own here.
    func served(_ scope: ScopeName) throws(StoreError) -> Int64? {
        try scopes.tracked().first { $0.name == scope.text && $0.isServed }?.number
    }

    /// The feed of a scope; nil where none is served under that name.
    func feed(of scope: ScopeName) throws(StoreError) -> ServedFeed? {
        if ReplicaStore.everything.contains(scope) {
            guard try subscriptions() == ReplicaStore.everything else { return nil }
            return ServedFeed(
                floor: FeedPosition(try journal.feedFloor()), end: FeedPosition(try journal.feedEnd()),
                toldAgain: FeedPosition(try journal.feedToldAgain()),
                hasEntry: { [journal] position throws(StoreError) in try journal.hasFeedEntry(at: position) })
        }
        guard let number = try served(scope) else { return nil }
        return ServedFeed(
            floor: FeedPosition(try scopeFeed.floor(number)), end: FeedPosition(try scopeFeed.end(number)),
            hasEntry: { [scopeFeed] position throws(StoreError) in try scopeFeed.hasEntry(number, at: position) })
    }

    /// How many documents of a scope are here.
    func documentCount(of scope: ScopeName) throws(StoreError) -> Int64 {
        let count: Statement
        if ReplicaStore.everything.contains(scope) {
            count = lookup("SELECT count(*) FROM document")
        } else {
            guard let number = try served(scope) else { return 0 }
            count = lookup("SELECT count(*) FROM document_scope WHERE scope = ?")
            count.bind(1, number)
        }
        return try count.step() ? count.integer(0) : 0
    }
}
