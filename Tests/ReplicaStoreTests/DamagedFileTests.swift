import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HubLogic
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

/// A store whose file holds what no build of it wrote: everything that reads it answers or gives a typed error. A trap
/// would end this very process.
@Suite("Stores with damaged files")
struct DamagedFileTests {
    /// A hub's store with rows in every table that the engine reads back.
    private func store() throws -> (test: TestStore, segments: [[UInt8]], person: RecordName) {
        let other = try TestStore(2)
        let person = try other.store.makePerson("7")
        try other.store.set(person, Fixture.emails, .text("a@example.org"), .add)
        try other.store.set(person, Fixture.title, .text("a"))
        let segments = try other.store.segments(of: other.replica)
        let test = try TestStore(1, isHub: true)
        for bytes in segments { _ = try test.store.apply(bytes).get() }
        let own = try test.store.makePerson("8")
        try test.store.set(person, Fixture.title, .text("b"), seen: .empty)
        try test.store.packTail()
        try test.store.set(own, Fixture.phone, .text("9"))
        try test.store.set(own, Fixture.link, .reference(person))
        let lineage = HubLineage(hub: ReplicaID(99), epoch: 3)
        let ranges = [OriginRanges(origin: test.replica, ranges: SequenceRanges(1...2))]
        _ = try test.store.perform([.receipts(ReceiptCommit(lineage: lineage, atHub: ranges, atHQ: ranges))])
        // A change set that waits for one that is not here.
        try other.store.set(person, Fixture.title, .text("c"))
        try other.store.packTail()
        try other.store.set(person, Fixture.title, .text("d"))
        let later = try #require(try other.store.segment(other.replica, 5...5))
        _ = try test.store.apply(later.bytes).get()
        return (test, segments + [later.bytes], person)
    }

    /// A closed store, made once, to be copied and damaged.
    private static let template = Result { () throws -> (test: TestStore, segments: [[UInt8]], person: RecordName) in
        let made = try DamagedFileTests().store()
        try made.test.store.close()
        return made
    }

    /// A copy of the template, with something done to its file; nil where SQLite's own constraints refuse that.
    private func damaged(_ sql: String, _ arguments: StatementArguments = []) throws -> Folder? {
        let folder = try Folder()
        let made = try DamagedFileTests.template.get()
        try FileManager.default.removeItem(atPath: folder.path)
        try FileManager.default.copyItem(atPath: made.test.folder.path, toPath: folder.path)
        let queue = try DatabaseQueue(path: folder.path + "/replica.sqlite")
        defer { try? queue.close() }
        return (try? queue.write { db in try db.execute(sql: sql, arguments: arguments) }) == nil ? nil : folder
    }

    /// All that reads a store, each on its own: a typed error is as good as an answer.
    private func useAll(_ store: ReplicaStore, _ segments: [[UInt8]], _ person: RecordName) {
        let scope = ReplicaStore.everything[0]
        let lineage = HubLineage(hub: ReplicaID(99), epoch: 3)
        let origin = Fixture.identity(2).replica
        let query = StandingQuery(
            replica: origin, head: 3, subscriptions: [Subscription(scope: scope, cursor: .feed(1))])
        let works: [() throws -> Void] = [
            { _ = try store.check() }, { _ = try store.digest() }, { _ = try store.allDocuments() },
            { _ = try store.greeting() }, { _ = try store.memory(of: lineage) },
            { _ = try store.standing(query, isHeadquarters: false) },
            { _ = try store.held([HeldQuery(origin: origin, sequence: 2)], isHeadquarters: true) },
            { _ = try store.unsent(to: lineage, awaitingHQ: true) },
            { _ = try store.payload(of: origin, in: 1...9) },
            { _ = try store.payload(of: store.identity.replica, in: 1...9) },
            { _ = try store.feedPage(scope, after: 0, bytesMax: 1 << 20) },
            { _ = try store.snapshotPage(scope, after: nil, bytesMax: 1 << 20) },
            { _ = try store.history(of: person) }, { try store.eachChangeSet { _ in } }, { _ = try store.durability() },
            { for bytes in segments { _ = try store.apply(bytes) } },
            { try store.set(person, Fixture.title, .text("after")) }, { _ = try store.makePerson("after") },
            { try store.packTail() }, { _ = try store.check() },
        ]
        for work in works { try? work() }
    }

    private static let tables = [
        "meta", "origin", "document", "segment", "held", "tail", "parked", "feed", "cursor", "receipt", "at_hq",
        "parent",
        "person",
    ]

    private static let integers: [Int64] = [-1, 0, 1 << 33, .max, .min]
    private static let blobs = [Data(), Data([0xFF]), Data(repeating: 0xFF, count: 40), Data(repeating: 1, count: 33)]

    /// Read from a copy: whoever opens the template makes files beside it that another copy then misses.
    private func columns(of table: String) throws -> [(name: String, type: String)] {
        let folder = try #require(try damaged("SELECT 1"))
        let queue = try DatabaseQueue(path: folder.path + "/replica.sqlite")
        defer { try? queue.close() }
        return try queue.read { db in
            try Row.fetchAll(db, sql: "SELECT name, type FROM pragma_table_info(?)", arguments: [table]).map { row in
                (row["name"] as String, row["type"] as String)
            }
        }
    }

    @Test("Every column with a value that no build writes gives typed errors, and nothing traps", arguments: tables)
    func columns(table: String) async throws {
        let (_, segments, person) = try DamagedFileTests.template.get()
        for (name, type) in try columns(of: table) {
            var values: [DatabaseValue] = []
            if type != "BLOB", type != "TEXT" { values += DamagedFileTests.integers.map(\.databaseValue) }
            if type == "BLOB" || type == "ANY" { values += DamagedFileTests.blobs.map(\.databaseValue) }
            for value in values {
                guard let folder = try damaged("UPDATE \"\(table)\" SET \"\(name)\" = ?", [value]),
                    let store = try? ReplicaStore.open(in: folder.path, schema: Fixture.schema, durability: .none)
                else { continue }
                useAll(store, segments, person)
                try? store.close()
                // Other suites wait for sockets on the same few threads, and have time limits.
                await Task.yield()
            }
        }
    }

    @Test("A row that says another run than its segment is found, not followed out of the segment")
    func otherRun() throws {
        let (_, _, person) = try DamagedFileTests.template.get()
        let folder = try #require(try damaged("UPDATE segment SET first = 1, last = 4000 WHERE n = 1"))
        let store = try ReplicaStore.open(in: folder.path, schema: Fixture.schema, durability: .none)
        let error = #expect(throws: StoreError.self) {
            try store.payload(of: Fixture.identity(2).replica, in: 900...901)
        }
        #expect(error?.code == "store-damaged")
        useAll(store, [], person)
    }

    @Test("A clock with a negative stamp is damage, and no trap when it is written again")
    func stamps() throws {
        let probe = try ClockProbe(Fixture.person, origins: [ReplicaID(1)])
        var bytes = ByteWriter()
        for part: UInt64 in [1, 1, 1, UInt64(bitPattern: -1), 4, 0] { bytes.varint(part) }
        #expect(throws: StoreError.self) { try probe.read(bytes.bytes) }
        bytes.removeAll()
        for part: UInt64 in [1, 1, 1, 5, 4, 0] { bytes.varint(part) }
        #expect(try probe.write(probe.read(bytes.bytes)) == bytes.bytes)
    }
}
