import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore
import Testing

@Suite("Chains and the doctor's check")
struct ChainTests {
    @Test("The chain is carried on over gaps that are filled later, and known at every sequence")
    func gaps() throws {
        let author = try TestStore(1)
        let person = try author.store.makePerson()
        for number in 2...9 { try author.store.set(person, Fixture.phone, .text("\(number)")) }
        let test = try TestStore(2)
        for run in [7...9, 3...4, 1...1, 2...6] as [ClosedRange<Sequence32>] {
            let part = try #require(try author.store.segment(author.replica, run))
            _ = try test.store.apply(part.bytes).get()
        }
        for sequence in 1...9 as ClosedRange<Sequence32> {
            let expected = try author.store.chainHash(of: author.replica, at: sequence)
            #expect(expected != nil)
            #expect(try test.store.chainHash(of: author.replica, at: sequence) == expected)
        }
        #expect(try test.store.chainHash(of: author.replica, at: 10) == nil)
        try author.store.packTail()
        #expect(try author.store.chainHash(of: author.replica, at: 5) == test.store.chainHash(of: author.replica, at: 5))
        try author.store.set(person, Fixture.phone, "10")
        #expect(try author.store.check() == [])
        #expect(try test.store.check() == [])
    }

    @Test("A chain that waited for another's document is carried on when that comes", arguments: [false, true])
    func stalled(bySnapshot: Bool) throws {
        let maker = try TestStore(1)
        let author = try TestStore(2)
        let person = try maker.store.makePerson()
        try maker.store.send(to: author.store)
        try author.store.set(person, Fixture.phone, "2")
        let test = try TestStore(3)
        for bytes in try author.store.segments(of: author.replica) { _ = try test.store.apply(bytes).get() }
        #expect(try test.store.chainHash(of: author.replica, at: 1) == nil)
        if bySnapshot { try maker.store.sendSnapshot(to: test.store) } else { try maker.store.send(to: test.store) }
        let expected = try author.store.chainHash(of: author.replica, at: 1)
        #expect(expected != nil)
        #expect(try test.store.chainHash(of: author.replica, at: 1) == expected)
        #expect(try test.store.count("SELECT count(*) FROM parked") == 0)
    }

    /// A store with a journal of its own, another's, and a tail.
    private func sample() throws -> (store: TestStore, person: RecordName) {
        let test = try TestStore(1)
        let other = try TestStore(2)
        let person = try test.store.makePerson()
        try test.store.send(to: other.store)
        for number in 0..<5 { try other.store.set(person, Fixture.title, .text("title \(number)")) }
        try test.store.set(person, Fixture.emails, "x@y", .add)
        try other.store.send(to: test.store)
        try test.store.packTail()
        try test.store.set(person, Fixture.phone, "tail")
        try test.store.set(person, Fixture.size, .integer(4))
        return (test, person)
    }

    struct Damage: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let codes: Set<String>
        let sql: String
    }

    static let damages: [Damage] = [
        Damage(
            testDescription: "a byte of a segment", codes: ["journal-unreadable"],
            sql: "UPDATE segment SET bytes = CAST(substr(bytes, 1, 40) || x'ff' || substr(bytes, 42) AS BLOB) WHERE origin = 2"),
        Damage(
            testDescription: "a segment that is gone", codes: ["journal-ranges"],
            sql: "DELETE FROM segment WHERE origin = 2"),
        Damage(
            testDescription: "a segment under another's name", codes: ["journal-unreadable", "journal-ranges"],
            sql: "UPDATE segment SET origin = 2, first = 6, last = 7 WHERE origin = 1"),
        Damage(testDescription: "a head", codes: ["chain-broken"], sql: "UPDATE origin SET head = zeroblob(32) WHERE n = 2"),
        Damage(
            testDescription: "a segment's head", codes: ["chain-broken"],
            sql: "UPDATE segment SET head = randomblob(32) WHERE origin = 1"),
        Damage(
            testDescription: "a hash in the tail", codes: ["chain-broken"],
            sql: "UPDATE tail SET head = randomblob(32) WHERE sequence = 3"),
        Damage(
            testDescription: "a change set in the tail", codes: ["chain-broken", "state-differs"],
            sql: """
                UPDATE tail SET bytes = CAST(replace(CAST(hex(bytes) AS TEXT), hex('tail'), hex('tale')) AS BLOB)
                    WHERE sequence = 3;
                UPDATE tail SET bytes = unhexed(bytes) WHERE sequence = 3
                """),
        Damage(
            testDescription: "a hole in the tail", codes: ["journal-ranges"], sql: "DELETE FROM tail WHERE sequence = 3"),
        Damage(
            testDescription: "what is held", codes: ["journal-ranges"], sql: "UPDATE held SET last = last + 1 WHERE origin = 2"),
        Damage(testDescription: "a value", codes: ["state-differs"], sql: "UPDATE person SET title = 'other'"),
        Damage(testDescription: "a value taken away", codes: ["state-differs"], sql: "UPDATE person SET title = NULL"),
        Damage(testDescription: "a row", codes: ["state-differs"], sql: "DELETE FROM person"),
        Damage(testDescription: "a clock", codes: ["row-unreadable"], sql: "UPDATE person SET clock = x'ffffffffffffffffff01'"),
        Damage(
            testDescription: "a set's column", codes: ["column-differs"], sql: "UPDATE person SET emails = '[\"z@z\"]'"),
        Damage(
            testDescription: "a document's context", codes: ["state-differs"],
            sql: "UPDATE document SET context = x'0101'"),
        Damage(testDescription: "a document", codes: ["row-astray"], sql: "DELETE FROM document"),
    ]

    @Test("What somebody changed in the file is found and located", arguments: damages)
    func damage(_ example: Damage) throws {
        let (test, _) = try sample()
        #expect(try test.store.check() == [])
        try test.edit(example.sql)
        let findings = try test.store.check()
        #expect(Set(findings.map(\.code)).isSuperset(of: example.codes), "\(findings)")
        #expect(findings.allSatisfy { !$0.place.isEmpty && !$0.remedy.isEmpty })
    }

    @Test("A segment that was replaced by a well-formed forgery is found")
    func forgery() throws {
        let (test, _) = try sample()
        let part = try #require(try test.store.segment(ReplicaID(0xA002), 1...5))
        let segment = try SegmentCodec().decode(part.bytes[...])
        let forged = segment.changeSets.map { set in
            ChangeSet(
                dot: set.dot, document: set.document, documentKind: set.documentKind, salt: set.salt, group: set.group,
                actor: "somebody else", intent: set.intent, time: set.time, stamp: set.stamp, deps: set.deps, seen: set.seen,
                changes: set.changes)
        }
        try test.edit("UPDATE segment SET bytes = ? WHERE origin = 2", [Data(SegmentCodec().encode(Segment(forged)))])
        #expect(try test.store.check().map(\.code) == ["chain-broken"])
    }

    @Test("Pages of the file that are damaged are found")
    func pages() throws {
        let (test, _) = try sample()
        for _ in 0..<300 { _ = try test.store.makePerson(UUID().uuidString) }
        try test.store.close()
        let path = test.folder.path + "/replica.sqlite"
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try handle.seekToEnd()
        for page in 20..<40 as Range<UInt64> where page * 4_096 < size {
            try handle.seek(toOffset: page * 4_096 + 3)
            try handle.write(contentsOf: Data(repeating: 0x5A, count: 200))
        }
        try handle.close()
        do {
            let store = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema)
            #expect(try store.check().contains { $0.code == "file-damaged" })
        } catch let error as StoreError { #expect(error.code == "store-damaged") }
    }
}

extension TestStore {
    /// Changes the file behind the store's back.
    func edit(_ sql: String, _ arguments: StatementArguments = []) throws {
        let queue = try DatabaseQueue(path: folder.path + "/replica.sqlite")
        try queue.write { db in
            db.add(
                function: DatabaseFunction("unhexed", argumentCount: 1, pure: true) { values in
                    let text = Data.fromDatabaseValue(values[0]).map { String(decoding: $0, as: UTF8.self) } ?? ""
                    let digits = Array(text)
                    return Data(stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...($0 + 1)]), radix: 16) })
                })
            try db.execute(sql: sql, arguments: arguments)
        }
        try queue.close()
    }
}
