import GRDB
import HybridTime
import Merging
import SyncProtocol

/// How long a store keeps what it could do without.
public struct Retention: Hashable, Sendable {
    /// A replica that was away for longer takes a snapshot instead of the feed.
    public var feedMilliseconds: Int64
    /// Change sets that are at headquarters leave a journal below it after so long: at least as long as the oldest backup
    /// of headquarters that may be put back, for replicas are then where its lost work is.
    public var journalMilliseconds: Int64

    public init(feedMilliseconds: Int64 = 30 * Self.day, journalMilliseconds: Int64 = 35 * Self.day) {
        self.feedMilliseconds = feedMilliseconds
        self.journalMilliseconds = journalMilliseconds
    }

    public static let day: Int64 = 86_400_000
}

/// What was folded away.
public struct Tidied: Hashable, Sendable, Codable {
    /// Entries of feeds that every replica below has passed.
    public var feedEntries = 0
    /// Change sets of the journal that are at headquarters.
    public var changeSets = 0
}

/// A replica below, in one scope's feed.
struct Subscriber: Hashable {
    let replica: ReplicaID
    let scope: ScopeName
}

extension PullCursor {
    /// The position from which its reader goes on; nil for none.
    var position: FeedPosition? {
        switch self {
        case .none: nil
        case .feed(let position), .bootstrap(let position, _): position
        }
    }
}

extension ReplicaStore {
    /// So many segments leave the journal in one transaction: others write between two of them.
    static let trimmedAtOnce = 64

    /// Folds away what nobody below needs any more: feed entries that every replica seen within the retention has passed,
    /// and, below headquarters, change sets that are there and have been here for long enough.
    ///
    /// To be called once a day or so: age is judged by when this was called before, never by a change set's own time.
    /// - Parameter now: this device's clock, in milliseconds since 1970.
    public func tidy(now: Int64, _ retention: Retention = Retention(), isHeadquarters: Bool) throws(StoreError)
        -> Tidied
    {
        var tidied = Tidied()
        let seen = subscribers.withLock { seen in
            defer { seen = [:] }
            return seen
        }
        try writing { writer throws(StoreError) in
            try writer.note(seen, now)
            tidied.feedEntries = try writer.foldFeeds(seenFrom: now - retention.feedMilliseconds)
            try writer.markJournal(now)
        }
        guard !isHeadquarters else { return tidied }
        while true {
            let count = try writing { writer throws(StoreError) in
                try writer.trimJournal(
                    arrivedBefore: now - retention.journalMilliseconds, segments: ReplicaStore.trimmedAtOnce)
            }
            guard let count else { return tidied }
            tidied.changeSets += count
        }
    }
}

extension Writer {
    /// Writes down where replicas below stand.
    func note(_ subscribers: [Subscriber: FeedPosition], _ now: Int64) throws(StoreError) {
        let insert = try lookup(
            "INSERT OR REPLACE INTO subscriber(replica, scope, position, seen) VALUES (?, ?, ?, ?)")
        for (subscriber, position) in subscribers {
            insert.bind(1, try origins.number(subscriber.replica))
            insert.bind(2, subscriber.scope.text)
            insert.bind(3, Int64(bitPattern: position))
            insert.bind(4, now)
            try insert.run()
        }
    }

    /// Deletes feed entries that all recent readers have passed, and forgets readers that were away for too long.
    /// - Returns: how many entries.
    func foldFeeds(seenFrom: Int64) throws(StoreError) -> Int {
        guard isHub else { return 0 }
        let forget = try lookup("DELETE FROM subscriber WHERE seen < ?")
        forget.bind(1, seenFrom)
        try forget.run()
        var count = 0
        for scope in try scopes.tracked() where scope.isServed {
            let end = try scopes.feed.end(scope.number)
            let reached = try least(scope.name) ?? end
            let floor = try scopes.feed.floor(scope.number)
            guard reached > floor else { continue }
            count += try delete("DELETE FROM scope_feed WHERE scope = ? AND position <= ?", scope.number, reached)
            let raise = try lookup("UPDATE scope SET floor = ? WHERE n = ?")
            raise.bind(1, reached)
            raise.bind(2, scope.number)
            try raise.run()
        }
        for scope in ReplicaStore.everything {
            let end = try journal.feedEnd()
            let reached = try least(scope.text) ?? end
            let floor = try journal.feedFloor()
            guard reached > floor else { continue }
            count += try delete("DELETE FROM feed WHERE ? = 0 AND position <= ?", 0, reached)
            try journal.setFeedFloor(reached)
        }
        return count
    }

    /// Where the reader stands who has read the least of a scope's feed; nil where nobody reads it.
    private func least(_ scope: String) throws(StoreError) -> Int64? {
        let select = try lookup("SELECT min(position) FROM subscriber WHERE scope = ?")
        select.bind(1, scope)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return select.isNull(0) ? nil : select.integer(0)
    }

    private func delete(_ sql: String, _ scope: Int64, _ position: Int64) throws(StoreError) -> Int {
        let rows = try lookup(sql + " RETURNING 1")
        rows.bind(1, scope)
        rows.bind(2, position)
        defer { rows.reset() }
        var count = 0
        while try rows.step() { count += 1 }
        return count
    }

    // MARK: Journal

    /// Notes how far the journal reaches now.
    func markJournal(_ now: Int64) throws(StoreError) {
        let insert = try lookup(
            "INSERT OR REPLACE INTO journal_mark(at, segment) SELECT ?, coalesce(max(n), 0) FROM segment")
        insert.bind(1, now)
        try insert.run()
    }

    /// Takes segments out of the journal that came before a time and are at headquarters.
    /// - Returns: how many change sets; nil where there was nothing to take.
    func trimJournal(arrivedBefore limit: Int64, segments: Int) throws(StoreError) -> Int? {
        let mark = try lookup("SELECT max(segment) FROM journal_mark WHERE at <= ?")
        mark.bind(1, limit)
        defer { mark.reset() }
        guard try mark.step(), !mark.isNull(0) else { return nil }
        var count = 0
        for number in try trimmable(through: mark.integer(0), limit: segments) {
            guard let stored = try journal.segment(number: number)?.segment else { continue }
            try journal.trim(stored, keeping: [], codec)
            try unindex(number)
            count += stored.range.count
        }
        return count > 0 ? count : nil
    }

    /// Segments all of whose change sets are at headquarters, that no feed still tells of, and that hold nothing which waits.
    private func trimmable(through last: Int64, limit: Int) throws(StoreError) -> [Int64] {
        let select = try lookup(
            """
            SELECT n FROM segment s WHERE n <= ?1
            AND EXISTS (SELECT 1 FROM at_hq a WHERE a.origin = s.origin AND a.last >= s.last AND a.first <= s.first)
            AND n < coalesce((SELECT min(segment) FROM feed WHERE segment > 0), 9223372036854775807)
            AND NOT EXISTS (SELECT 1 FROM scope_feed f
                WHERE f.document = 0 AND f.origin = s.origin AND f.first <= s.last AND f.last >= s.first)
            AND NOT EXISTS (SELECT 1 FROM parked p WHERE p.origin = s.origin AND p.sequence BETWEEN s.first AND s.last)
            ORDER BY n LIMIT ?2
            """)
        select.bind(1, last)
        select.bind(2, Int64(limit))
        defer { select.reset() }
        var numbers: [Int64] = []
        while try select.step() { numbers.append(select.integer(0)) }
        return numbers
    }

    /// Takes a segment out of the index from documents to segments, where that is there.
    func unindex(_ segment: Int64) throws(StoreError) {
        let isIndexed = try lookup("SELECT 1 FROM sqlite_schema WHERE name = 'document_segment'")
        defer { isIndexed.reset() }
        guard try isIndexed.step() else { return }
        let remove = try lookup("DELETE FROM document_segment WHERE segment = ?")
        remove.bind(1, segment)
        try remove.run()
    }
}
