import GRDB
import HybridTime
import SyncProtocol

/// What a store alone tells of how it fares: counts, never contents.
public struct StoreHealth: Hashable, Sendable, Codable {
    public struct Counted: Hashable, Sendable, Codable {
        /// A stable code, or a way of putting right.
        public let code: String
        public let count: Int

        public init(code: String, count: Int) {
            self.code = code
            self.count = count
        }
    }

    /// A scope's feed, as those below are served from it.
    public struct Feed: Hashable, Sendable, Codable {
        public let scope: String
        /// The position of its newest entry.
        public let end: UInt64

        public init(scope: String, end: UInt64) {
            self.scope = scope
            self.end = end
        }
    }

    /// Change sets that wait for others.
    public let parked: Int
    /// Change sets that were put aside, by why.
    public let quarantined: [Counted]
    /// Documents whose state has to come from the hub above.
    public let wanted: Int
    /// Documents that reach further than any journal that was asked.
    public let orphans: Int
    /// What was put right, by how: nothing where no disk failed.
    public let repairs: [Counted]
    /// Change sets here that the hub above has not receipted, whoever wrote them; 0 without one.
    public let unsent: Int
    /// Change sets here that are not known to be at headquarters: nobody has said so, and they did not come from there.
    public let notAtHQ: Int
    public let feeds: [Feed]

    public init(
        parked: Int, quarantined: [Counted], wanted: Int, orphans: Int, repairs: [Counted], unsent: Int, notAtHQ: Int,
        feeds: [Feed]
    ) {
        self.parked = parked
        self.quarantined = quarantined
        self.wanted = wanted
        self.orphans = orphans
        self.repairs = repairs
        self.unsent = unsent
        self.notAtHQ = notAtHQ
        self.feeds = feeds
    }
}

extension ReplicaStore {
    /// Takes stock in one reader's snapshot. O(what waits + ranges held), whatever the number of documents.
    /// - Parameter isHeadquarters: whether nobody is above, so that all that is here has arrived.
    public func health(isHeadquarters: Bool) throws(StoreError) -> StoreHealth {
        try readingTables { tables, db in
            func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }
            func counted(_ sql: String) throws -> [StoreHealth.Counted] {
                try Row.fetchAll(db, sql: sql).map { StoreHealth.Counted(code: $0[0], count: $0[1]) }
            }
            let lineage = try tables.sync.lineage()
            return StoreHealth(
                parked: try count("SELECT count(*) FROM parked"),
                quarantined: try counted("SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY code"),
                wanted: try count("SELECT count(*) FROM wanted"), orphans: try count("SELECT count(*) FROM orphan"),
                repairs: try counted("SELECT how, count(*) FROM repair GROUP BY how ORDER BY how"),
                unsent: isHeadquarters ? 0 : try lineage.map { try tables.unsent(to: $0, db) } ?? 0,
                notAtHQ: isHeadquarters ? 0 : try tables.notAtHQ(db),
                feeds: isHub ? try tables.servedFeeds() : [])
        }
    }

    /// How many entries of a scope's feed come after each of some positions, at most `limit` each. Positions themselves
    /// say little: a feed goes on at a random distance whenever a process opens it.
    public func feedEntries(
        _ scope: ScopeName, after positions: [UInt64], limit: Int = 100_000
    ) throws(StoreError) -> [Int] {
        try readingTables { tables, db in
            let isEverything = ReplicaStore.everything.contains(scope)
            guard let number = isEverything ? 0 : try tables.served(scope) else { return positions.map { _ in 0 } }
            let rows = isEverything ? "feed WHERE ? = 0" : "scope_feed WHERE scope = ?"
            let statement = try db.cachedStatement(
                sql: "SELECT count(*) FROM (SELECT 1 FROM \(rows) AND position > ? LIMIT ?)")
            return try positions.map {
                try Int.fetchOne(statement, arguments: [number, Int64(bitPattern: $0), limit]) ?? 0
            }
        }
    }
}

extension ReaderTables {
    /// The feeds that those below are served from.
    fileprivate func servedFeeds() throws -> [StoreHealth.Feed] {
        let scopes =
            ReplicaStore.everything + (try scopes.tracked().filter(\.isServed).compactMap { ScopeName($0.name) })
        return try scopes.compactMap { scope in
            try feed(of: scope).map { StoreHealth.Feed(scope: scope.text, end: $0.end) }
        }
    }

    /// How many change sets the journal holds that a hub has not receipted. What the hub itself wrote does not count.
    fileprivate func unsent(to lineage: HubLineage, _ db: Database) throws -> Int {
        let own = try journal.own()
        let arguments: StatementArguments = [
            "own": try origins.known(own) ?? -1, "hub": try origins.known(lineage.hub) ?? -1,
        ]
        let held = try Int.fetchOne(
            db,
            sql: "SELECT coalesce(sum(last - first + 1), 0) FROM held WHERE origin NOT IN (:own, :hub)",
            arguments: arguments)
        let receipted = try Int.fetchOne(
            db,
            sql: """
                SELECT coalesce(sum(min(r.last, h.last) - max(r.first, h.first) + 1), 0) FROM held h
                JOIN receipt r ON r.hub = :hub AND r.epoch = :epoch AND r.origin = h.origin
                    AND r.last >= h.first AND r.first <= h.last
                WHERE h.origin NOT IN (:own, :hub)
                """, arguments: arguments + ["epoch": Int64(bitPattern: lineage.epoch)])
        // Its own newest change sets are not in segments yet.
        let rest = try journal.held(own).subtracting(try sync.receipted(lineage, own))
        return rest.total + (held ?? 0) - (receipted ?? 0)
    }

    /// How many change sets the journal holds that nobody has said to be at headquarters. What headquarters wrote, and
    /// what came down from it, is there.
    fileprivate func notAtHQ(_ db: Database) throws -> Int {
        let headquarters = try sync.headquarters()
        // Nearly always a few: the others are settled by counting.
        let open = try Int64.fetchAll(
            db,
            sql: """
                SELECT origin FROM (SELECT origin, sum(last - first + 1) AS held FROM held GROUP BY origin) o
                WHERE held > (
                    SELECT coalesce(sum(min(a.last, h.last) - max(a.first, h.first) + 1), 0) FROM held h
                    JOIN at_hq a ON a.origin = h.origin AND a.last >= h.first AND a.first <= h.last
                    WHERE h.origin = o.origin)
                """)
        let own = try journal.own()
        let ids = Set(try open.map { try origins.id($0) }).union([own])
        return try ids.reduce(0) { count, origin in
            if origin == headquarters?.hub { return count }
            var rest = try journal.held(origin).subtracting(try sync.reachedHQ(origin))
            if let headquarters { rest = rest.subtracting(try sync.receipted(headquarters, origin)) }
            return count + rest.total
        }
    }
}
