import HubLogic
import HybridTime
import Merging
import SyncProtocol
import Testing

import class GRDB.Row

@testable import ReplicaStore

extension ReplicaStore {
    /// What SQLite means to do for a statement.
    func plan(_ sql: String) throws -> String {
        let bound = sql.replacing(/\?\d*/, with: "5")
        return try reading { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + bound).map { $0["detail"] as String }.joined(
                separator: "; ")
        }
    }

    /// Every statement that the writer and its tables have so far, prepared or not.
    func writerStatements() throws -> Set<String> {
        try onWriter { writer throws(StoreError) in
            var seen = Set<ObjectIdentifier>()
            return PlanTests.statements(within: writer, &seen)
        }
    }

    /// Every statement that a reader's connection has so far, prepared or not. One after the other, all use the same one.
    func readerStatements() throws -> Set<String> {
        try readingTables { tables, _ in
            var seen = Set<ObjectIdentifier>()
            return PlanTests.statements(within: tables, &seen)
        }
    }
}

@Suite("The plans of hot queries")
struct PlanTests {
    /// Those that are meant to go through all there is, each with what keeps that small or rare.
    static let allowed: Set<String> = [
        // Documents that this store lacks; a few, and nearly always none.
        "SELECT document FROM wanted UNION SELECT document FROM stray ORDER BY document LIMIT ?",
        // Read once a transaction: a row for each scope that is wanted or served here.
        "SELECT n, name, is_own, is_served FROM scope ORDER BY n",
        // SQLite's own, a row for each table that counts.
        "SELECT seq FROM sqlite_sequence WHERE name = 'scope_feed'",
        // A handful of origins, a row for each gap.
        "SELECT DISTINCT origin FROM held ORDER BY origin",
        """
        SELECT coalesce(sum(min(a.last, h.last) - max(a.first, h.first) + 1), 0) FROM at_hq a
        JOIN held h ON h.origin = a.origin AND h.last >= a.first AND h.first <= a.last
        """,
        // A row for each hub that was ever met.
        "SELECT hub, epoch FROM parent ORDER BY met DESC LIMIT 1",
        // Once for a new build, and for a verdict.
        "SELECT bytes FROM quarantine WHERE ?1 IS NULL OR document = ?1 ORDER BY origin, sequence",
        "DELETE FROM quarantine WHERE ?1 IS NULL OR document = ?1",
        // Where a fork has come to be known.
        "SELECT bytes FROM fork_fact",
        "SELECT 1 FROM receipt WHERE origin = ?1 AND first <= ?2 AND last >= ?3 LIMIT 1",
        "DELETE FROM feed",
        // The first row decides.
        "SELECT EXISTS (SELECT 1 FROM parked)",
        "SELECT 1 FROM orphan LIMIT 1",
        "SELECT 1 FROM stray LIMIT 1",
        "SELECT EXISTS (SELECT 1 FROM verdict)",
        "SELECT sequence, head FROM tail ORDER BY sequence DESC LIMIT 1",
        // A build that knows every kind has no row there.
        "SELECT DISTINCT kind FROM unknown_record ORDER BY kind",
        // The digest is a sum over all documents anyway.
        "SELECT id FROM document WHERE digest IS NULL ORDER BY id LIMIT ?",
        // A row for each document whose state has to come from the hub.
        "SELECT document FROM wanted LIMIT ?",
        // The last row of a key.
        "SELECT coalesce(max(position), 0) FROM feed",
    ]

    /// Those of readers alone.
    static let allowedForReaders: Set<String> = [
        // Once for each connection, which keeps them.
        "SELECT id, n FROM origin",
        // Once for each snapshot, to say how much of it there is.
        "SELECT count(*) FROM document",
        // As many rows as are asked for: one, or 64.
        "SELECT count(*) FROM (SELECT 1 FROM tail LIMIT ?)",
    ]

    /// The statements that a value holds, in whatever depth.
    static func statements(within value: Any, _ seen: inout Set<ObjectIdentifier>) -> Set<String> {
        if let statement = value as? Statement { return [statement.sql] }
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .class, !seen.insert(ObjectIdentifier(value as AnyObject)).inserted { return [] }
        return mirror.children.reduce(into: []) { $0.formUnion(statements(within: $1.value, &seen)) }
    }

    @Test("No statement that the writer has goes through a whole table or sorts")
    func writer() throws {
        let test = try TestStore(1, isHub: true)
        let other = try TestStore(2)
        let person = try test.store.makePerson()
        try test.store.send(to: other.store)
        try other.store.set(person, Fixture.phone, "2")
        try test.store.set(person, Fixture.phone, "3", time: 1_800_000_000_000)
        try other.store.send(to: test.store)
        _ = try test.store.find(Fixture.person, field: "phone", equals: "3")
        _ = try test.store.find(Fixture.person, field: "link", equals: .reference(person))
        try test.store.transaction { transaction throws(StoreError) in
            let violation = StoredViolation(
                key: "k", rule: "r", caseName: person, standing: "open", effect: "e", summary: "s", body: [])
            try transaction.keep(violation, members: [person])
            #expect(try transaction.violationKeys(of: [person]) == ["k"])
            #expect(try transaction.violationKeys(ofCase: person) == ["k"])
            #expect(try transaction.records.records(Fixture.person, matching: [(Fixture.phone, "3")]).count == 1)
            #expect(try transaction.records.records(in: person, Fixture.entry).isEmpty)
            #expect(try transaction.records.record(person, Fixture.person) != nil)
            try transaction.drop(violationKey: "k")
            #expect(try transaction.violationKeys(of: [person]).isEmpty)
        }
        _ = try test.store.digest()
        _ = try test.store.check()
        let statements = try test.store.writerStatements()
            .filter { sql in ["SELECT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) } }
            .subtracting(PlanTests.allowed)
        #expect(statements.count > 40)
        for sql in statements.sorted() {
            let plan = try test.store.plan(sql)
            #expect(!plan.contains("SCAN"), "\(sql): \(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(sql): \(plan)")
        }
    }

    @Test("A page of a scope's feed, its snapshot and its digests touch the scope's own rows alone")
    func scopes() throws {
        let test = try TestStore(1, isHub: true)
        for sql in [
            ScopeFeedReader.query, ScopeFeedReader.laterQuery, StateReader.documentsQuery(scope: 1),
            DigestRanges.scopeQuery,
        ] {
            let plan = try test.store.plan(sql)
            #expect(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "\(sql): \(plan)")
            #expect(plan.contains("SEARCH"), "\(sql): \(plan)")
        }
    }

    @Test("No statement that a reader has goes through a whole table or sorts")
    func reader() throws {
        let hub = try TestStore(1, isHub: true)
        let child = try TestStore(2)
        let person = try child.store.makePerson()
        try child.store.send(to: hub.store)
        try hub.store.set(person, Fixture.phone, "3", time: 1_800_000_000_000)
        for store in [hub.store, child.store] { try PlanTests.read(store, person) }
        let statements = try hub.store.readerStatements().union(child.store.readerStatements())
            .filter { $0.hasPrefix("SELECT") }
            .subtracting(PlanTests.allowed).subtracting(PlanTests.allowedForReaders)
        #expect(statements.count > 30)
        for sql in statements.sorted() {
            let plan = try hub.store.plan(sql)
            #expect(!plan.contains("SCAN"), "\(sql): \(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(sql): \(plan)")
        }
    }

    /// Asks for all that sessions, commands and people ask readers for.
    private static func read(_ store: ReplicaStore, _ person: RecordName) throws {
        for scope in ReplicaStore.everything + [ScopeName("site/1a")].compactMap({ $0 }) {
            try read(store, person, scope)
        }
    }

    private static func read(_ store: ReplicaStore, _ person: RecordName, _ scope: ScopeName) throws {
        let greeting = try store.greeting()
        let lineage = HubLineage(hub: ReplicaID(1), epoch: 1)
        _ = try store.memory(of: lineage)
        _ = try store.unsent(to: lineage, awaitingHQ: true)
        _ = try store.hubIdentity(isHeadquarters: true)
        _ = try store.standing(
            StandingQuery(
                replica: greeting.replica, head: 1,
                subscriptions: [Subscription(scope: scope, cursor: .feed(1), digest: .zero)], isSameLife: true,
                hubHead: greeting.head), isHeadquarters: false)
        _ = try store.held([HeldQuery(origin: ReplicaID(2), sequence: 1)], isHeadquarters: false)
        _ = try store.payload(of: ReplicaID(2), in: 1...1)
        _ = try store.chainHashes(ChainProbe(origin: ReplicaID(2), sequences: [1]))
        _ = try store.feedPage(scope, after: 0, bytesMax: 1_000)
        _ = try store.snapshotPage(scope, after: nil, bytesMax: 1_000_000)
        let (_, parts) = try store.compare(scope, [RangeDigest(.all, .zero)])
        _ = try store.findings(scope, parts)
        _ = try store.durability()
        _ = try store.heldOrigins()
        _ = try store.document(person)
        try store.readingRecords { records, _ in
            _ = try records.record(person, Fixture.person)
            _ = try records.records(in: person, Fixture.entry)
            _ = try records.records(Fixture.person, matching: [(Fixture.phone, "3")])
            _ = try records.context(person)
        }
    }

    @Test("A snapshot's page starts at its place, and those that come first are found without looking at the others")
    func snapshot() throws {
        let test = try TestStore(1, isHub: true)
        let schema = Schema([
            DocumentKind(1, "dossier", []), DocumentKind(2, "scheme", comesFirst: true, []),
            DocumentKind(3, "site", comesFirst: true, []),
        ])
        try test.store.writing { writer throws(StoreError) in
            try writer.lookup(Tables.comesFirstIndex(schema).replacing(";\n", with: "")).run()
        }
        let first = try test.store.plan(StateReader.documentsQuery(where: Tables.comesFirst(schema)))
        #expect(first.contains("USING INDEX document_first_2_3 (id>?)"), "\(first)")
        let rest = try test.store.plan(
            StateReader.documentsQuery(where: SnapshotPlace.condition(.rest, schema)))
        #expect(rest.contains("SEARCH document USING INTEGER PRIMARY KEY (rowid>?)"), "\(rest)")
        #expect(!(first + rest).contains("TEMP B-TREE"), "\(first), \(rest)")
    }

    @Test("A page of the feed starts at its position")
    func feed() throws {
        let test = try TestStore(1, isHub: true)
        let plan = try test.store.plan(JournalReader.feedQuery)
        #expect(plan.contains("SEARCH feed USING INTEGER PRIMARY KEY (rowid>?)"), "\(plan)")
        #expect(plan.contains("SEARCH segment USING INTEGER PRIMARY KEY (rowid=?)"), "\(plan)")
        #expect(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "\(plan)")
    }
}
