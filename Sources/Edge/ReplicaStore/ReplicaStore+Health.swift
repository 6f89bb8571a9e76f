import GRDB
import HybridTime
import SyncProtocol

/// What a store alone tells of how it fares: counts, never contents.
public struct StoreHealth: Hashable, Sendable, Codable {
    public struct Counted: Hashable, Sendable, Codable {
        /// A stable code, or a way of putting right.
        public let code: String
        public let count: Int
    }

    /// A scope's feed, as those below are served from it.
    public struct Feed: Hashable, Sendable, Codable {
        public let scope: String
        /// The position of its newest entry.
        public let end: UInt64
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
    /// Change sets here that are not known to be at headquarters.
    public let notAtHQ: Int
    public let feeds: [Feed]
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
            let end = UInt64(bitPattern: try tables.journal.feedEnd())
            return StoreHealth(
                parked: try count("SELECT count(*) FROM parked"),
                quarantined: try counted("SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY code"),
                wanted: try count("SELECT count(*) FROM wanted"), orphans: try count("SELECT count(*) FROM orphan"),
                repairs: try counted("SELECT how, count(*) FROM repair GROUP BY how ORDER BY how"),
                unsent: isHeadquarters || lineage == nil ? 0 : try tables.unsent(lineage, db),
                notAtHQ: isHeadquarters ? 0 : try tables.unsent(nil, db),
                feeds: isHub ? ReplicaStore.everything.map { StoreHealth.Feed(scope: $0.text, end: end) } : [])
        }
    }

    /// How many entries of a scope's feed come after each of some positions, at most `limit` each. Positions themselves
    /// say little: a feed goes on at a random distance whenever a process opens it.
    public func feedEntries(
        _ scope: ScopeName, after positions: [UInt64], limit: Int = 100_000
    ) throws(StoreError) -> [Int] {
        guard ReplicaStore.everything.contains(scope) else { return positions.map { _ in 0 } }
        return try reading { db in
            let statement = try db.cachedStatement(
                sql: "SELECT count(*) FROM (SELECT 1 FROM feed WHERE position > ? LIMIT ?)")
            return try positions.map { try Int.fetchOne(statement, arguments: [Int64(bitPattern: $0), limit]) ?? 0 }
        }
    }
}

extension ReaderTables {
    /// How many change sets the journal holds that a hub has not receipted; for nil, that are not known to be at
    /// headquarters. What the hub itself wrote does not count.
    fileprivate func unsent(_ lineage: HubLineage?, _ db: Database) throws -> Int {
        let own = try journal.own()
        let held = try journal.held(own)
        let known = try lineage.map { try sync.receipted($0, own) } ?? sync.reachedHQ(own)
        let hub = try lineage.flatMap { try origins.known($0.hub) } ?? -1
        let (table, isOfHub) = lineage == nil ? ("at_hq", "") : ("receipt", "r.hub = :hub AND r.epoch = :epoch AND ")
        var arguments: StatementArguments = ["own": try origins.known(own) ?? -1, "hub": hub]
        if let lineage { arguments += ["epoch": Int64(bitPattern: lineage.epoch)] }
        let others = "h.origin NOT IN (:own, :hub)"
        let all = try Int.fetchOne(
            db, sql: "SELECT coalesce(sum(h.last - h.first + 1), 0) FROM held h WHERE \(others)",
            arguments: ["own": try origins.known(own) ?? -1, "hub": hub])
        let there = try Int.fetchOne(
            db,
            sql: """
                SELECT coalesce(sum(min(r.last, h.last) - max(r.first, h.first) + 1), 0) FROM held h
                JOIN \(table) r ON \(isOfHub)r.origin = h.origin AND r.last >= h.first AND r.first <= h.last
                WHERE \(others)
                """, arguments: arguments)
        return held.subtracting(known).total + (all ?? 0) - (there ?? 0)
    }
}
