import ChangeSets
import Foundation
import HybridTime
import Merging
import Testing

@testable import ReplicaStore

@Suite("Local commits")
struct CommitTests {
    @Test("Every combination of columns can be written, also where the statements run out")
    func manyMasks() throws {
        let test = try TestStore(1)
        let person = try test.store.makePerson()
        let fields = Fixture.person.fields
        func value(_ field: Field, _ number: Int) -> Value {
            switch field.type {
            case .integer, .timestamp: .integer(Int64(number))
            case .boolean: .integer(Int64(number % 2))
            case .text, .date, .enumeration: .text("\(number)")
            case .bytes: .bytes([UInt8(number % 256)])
            case .reference: .reference(person)
            }
        }
        var expected: [UInt32: Value] = [:]
        for mask in 1..<(1 << fields.count) {
            var writes: [Write] = []
            for (position, field) in fields.enumerated() where mask >> position & 1 == 1 && field.policy != .addWins {
                writes.append(Write(field.tag, value(field, mask)))
                expected[field.tag.raw] = value(field, mask)
            }
            try test.store.write(.document(person), [RecordChange(person, kind: Fixture.person.tag, writes)])
        }
        let state = try #require(try test.store.documents()[person]?.records[person])
        for field in fields where field.policy != .addWins {
            #expect(state.cell(field.tag)?.first.value == expected[field.tag.raw])
        }
        try test.store.expectColumnsMatchClocks("masks")
        #expect(try test.store.check() == [])
    }

    static let tooMuch: [Draft] = [
        Draft(.new, documentKind: 1, actor: Text(String(repeating: "a", count: 257)), intent: "i", changes: []),
        Draft(.new, documentKind: 1, actor: "a", intent: Text(String(repeating: "i", count: 65)), changes: []),
        Draft(.new, documentKind: 1 << 21, actor: "a", intent: "i", changes: []),
        Draft(
            .new, documentKind: 1, actor: "a", intent: "i",
            changes: [RecordChange(.pending(ordinal: 2_048), kind: 1, [])]),
        Draft(
            .new, documentKind: 1, actor: "a", intent: "i",
            changes: [
                RecordChange(
                    .pending(ordinal: 0), kind: 1,
                    [Write(Fixture.phone.tag, .text(String(repeating: "x", count: 65_537)))])
            ]),
        Draft(
            .new, documentKind: 1, actor: "a", intent: "i",
            changes: (0..<2_049).map { RecordChange(.pending(ordinal: UInt16($0 % 2_000)), kind: 1, []) }),
        Draft(
            .new, documentKind: 1, actor: "a", intent: "i",
            changes: [
                RecordChange(
                    .pending(ordinal: 0), kind: 1, [Write(Fixture.link.tag, .reference(.pending(draft: 7, ordinal: 0)))]
                )
            ]),
        Draft(.document(RecordName(ReplicaID(3), 3, 0)), documentKind: 1, actor: "a", intent: "i", changes: []),
    ]

    @Test("What others could not read is refused, and the journal stays readable", arguments: tooMuch.indices)
    func limits(_ index: Int) throws {
        let test = try TestStore(1, isHub: true)
        #expect(throws: StoreError.self) { try test.store.commit([CommitTests.tooMuch[index]], time: 1) }
        let person = try test.store.makePerson("after")
        #expect(person == RecordName(test.replica, 1, 0))
        try test.store.packTail()
        #expect(try test.store.check() == [])
        let other = try TestStore(2)
        try test.store.send(to: other.store)
        #expect(try other.store.digest() == test.store.digest())
    }

    @Test("A store that closes packs its tail and gives the pages back")
    func closing() throws {
        let test = try TestStore(1)
        let bytes = { try FileManager.default.attributesOfItem(atPath: test.folder.path + "/replica.sqlite")[.size] }
        for number in 0..<600 { _ = try test.store.makePerson("person \(number)") }
        let digest = try test.store.digest()
        let used = try test.store.count("SELECT sum(pgsize) FROM dbstat WHERE name <> 'tail'")
        let store = try test.reopened()
        #expect(try store.count("SELECT count(*) FROM tail") == 0)
        #expect(try store.count("SELECT count(*) FROM segment") == 1)
        #expect(try (bytes() as? Int).map { $0 < used + 40_000 } == true)
        #expect(try store.digest() == digest)
        #expect(try store.check() == [])
        // What stays below the least run worth a segment stays in the tail, and its number follows on.
        _ = try store.makePerson("one more")
        #expect(try store.held(test.replica).ranges == [1...601])
        try store.close()
        #expect(!FileManager.default.fileExists(atPath: test.folder.path + "/replica.sqlite-wal"))
    }

    @Test("The store's lock is held for as long as a transaction runs, and no longer")
    func lock() throws {
        let test = try TestStore(1)
        let other = open(test.folder.path + "/lock", O_RDWR)
        try #require(other >= 0)
        defer { close(other) }
        let isFree = { flock(other, LOCK_EX | LOCK_NB) == 0 && flock(other, LOCK_UN) == 0 }
        #expect(isFree())
        try test.store.transaction { _ throws(StoreError) in #expect(!isFree()) }
        try test.store.rehearsal { _ throws(StoreError) in #expect(!isFree()) }
        #expect(isFree())
    }

    @Test("What fills segments goes into them at once, behind what waits in the tail, and its chain holds")
    func bulk() throws {
        let hub = try TestStore(9, isHub: true)
        for number in 1...3 { _ = try hub.store.makePerson("\(number)") }
        let count = ChangeSetLimits.segmentChangeSetsMax + ReplicaStore.packedAtOnce
        let drafts = (0..<count).map { number in
            Draft(
                .new, documentKind: 1, actor: "a", intent: "import",
                changes: [
                    RecordChange(
                        .pending(draft: number, ordinal: 0), kind: 1,
                        [Write(Fixture.phone.tag, .text("bulk \(number)"))])
                ])
        }
        let sets = try hub.store.commit(drafts, time: 1_700_000_000_000)
        #expect(sets.map(\.dot.sequence) == Array(4...Sequence32(count + 3)))
        #expect(try hub.store.count("SELECT count(*) FROM tail") == 0)
        #expect(try hub.store.count("SELECT count(*) FROM segment WHERE head IS NOT NULL") == 3)
        _ = try hub.store.makePerson("after")
        #expect(try hub.store.check() == [])
        let fed = try hub.store.feed(after: 0, bytesMax: 1 << 24).flatMap { entry in entry.range.map { $0 } }
        #expect(fed == Array(1...Sequence32(count + 3)))
        let other = try TestStore(2)
        try hub.store.send(to: other.store)
        #expect(try other.store.digest() == hub.store.digest())
        #expect(try other.store.check() == [])
    }

    @Test("After a commit that failed the next ones are right, names of unknown origins included")
    func failureThenGood() throws {
        let test = try TestStore(1)
        let person = try test.store.makePerson()
        let (x, y) = (RecordName(ReplicaID(0x111), 1, 1), RecordName(ReplicaID(0x222), 2, 2))
        func link(_ to: RecordName, _ document: RecordName) -> Draft {
            Draft(
                .document(document), documentKind: 1, actor: "a", intent: "i",
                changes: [RecordChange(document, kind: 1, [Write(Fixture.link.tag, .reference(to))])])
        }
        for _ in 0..<3 {
            #expect(throws: StoreError.unknownDocument) {
                try test.store.commit([link(x, person), link(y, RecordName(ReplicaID(9), 1, 0))], time: 1)
            }
        }
        #expect(try test.store.count("SELECT count(*) FROM origin") == 1)
        try test.store.commit([link(y, person)], time: 2)
        let second = try test.store.makePerson()
        try test.store.commit([link(x, second)], time: 3)
        #expect(
            try test.store.documents()[person]?.records[person]?.cell(Fixture.link.tag)?.first.value == .reference(y))
        #expect(
            try test.store.documents()[second]?.records[second]?.cell(Fixture.link.tag)?.first.value == .reference(x))
        #expect(try test.store.held(test.replica) == SequenceRanges(1...4))
        let before = try test.store.digest()
        let again = try test.reopened()
        #expect(try again.documents()[person]?.records[person]?.cell(Fixture.link.tag)?.first.value == .reference(y))
        #expect(try again.digest() == before)
        #expect(try again.check() == [])
    }

    @Test("A body that passes over a failed commit saves nothing by half")
    func swallowedFailure() throws {
        let test = try TestStore(1)
        let person = try test.store.makePerson("before")
        let bad = Draft(
            .document(RecordName(ReplicaID(9), 1, 0)), documentKind: 1, actor: "a", intent: "i", changes: [])
        let good = Draft(
            .document(person), documentKind: 1, actor: "a", intent: "i",
            changes: [RecordChange(person, kind: 1, [Write(Fixture.phone.tag, "after")])])
        #expect(throws: StoreError.unknownDocument) {
            try test.store.transaction { transaction throws(StoreError) in
                _ = try? transaction.commit([good, bad], time: 1)
            }
        }
        #expect(try test.store.documents()[person]?.records[person]?.cell(Fixture.phone.tag)?.first.value == "before")
        #expect(try test.store.held(test.replica) == SequenceRanges(1...1))
        try test.store.commit([good], time: 1)
        #expect(try test.store.check() == [])
    }

    @Test("Two processes' numbers for origins agree, whichever was heard of first")
    func originsOfOthers() throws {
        let test = try TestStore(1)
        let second = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        let person = try test.store.makePerson()
        let names = (1...4).map { RecordName(ReplicaID(0x100 + UInt64($0)), 1, 1) }
        for name in names { try second.set(person, Fixture.link, .reference(name)) }
        // The first store asks for the newest origin alone, then reads a row that names another.
        try second.set(person, Fixture.link, .reference(names[1]))
        try test.store.set(person, Fixture.phone, .text("x"))
        #expect(try test.store.find(Fixture.person, field: "link", equals: .reference(names[3])) == nil)
        #expect(
            try test.store.find(Fixture.person, field: "link", equals: .reference(names[1]))?.record == person)
        try test.store.set(person, Fixture.title, .text("y"), seen: .empty)
        #expect(
            try test.store.documents()[person]?.records[person]?.cell(Fixture.link.tag)?.first.value
                == .reference(names[1]))
        #expect(try second.digest() == test.store.digest())
        try second.close()
    }

    @Test("A replica that was restored does not write before it has its own work again")
    func restored() throws {
        let test = try TestStore(1)
        let person = try test.store.makePerson("1")
        try test.store.close()
        let copy = try Folder()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: test.folder.path, toPath: copy.path)
        let live = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        for number in 2...4 { try live.set(person, Fixture.phone, .text("\(number)")) }
        try live.packTail()
        let old = try ReplicaStore.open(in: copy.path, schema: Fixture.schema, durability: .none)
        let last = try #require(try live.segment(live.identity.replica, 4...4))
        #expect(try old.apply(last.bytes).get().parked == 1)
        #expect(throws: StoreError.behindOwnWork) { try old.set(person, Fixture.phone, .text("new")) }
        let middle = try #require(try live.segment(live.identity.replica, 2...3))
        #expect(try old.apply(middle.bytes).get().applied == 3)
        #expect(try old.set(person, Fixture.phone, .text("new")).dot.sequence == 5)
        #expect(try old.check() == [])
        try live.close()
        try old.close()
    }

    @Test("State that holds more of a replica's own work than its journal stops it from writing there")
    func restoredBySnapshot() throws {
        let test = try TestStore(1)
        let hub = try TestStore(2)
        let person = try test.store.makePerson("1")
        try test.store.send(to: hub.store)
        var forged = Forger(1)
        _ = forged.set([])
        // The same replica's other life went on from there.
        let more = ChangeSet(
            dot: Dot(test.replica, 2), document: person, documentKind: 1, actor: "a", intent: "i", time: 5,
            stamp: Stamp(1_700_000_000_001), deps: Context(Dot(test.replica, 1)),
            changes: [RecordChange(person, kind: 1, [Write(Fixture.phone.tag, "2")])])
        _ = try hub.store.apply(Forger.segment([more])).get()
        try hub.store.sendSnapshot(to: test.store)
        #expect(throws: StoreError.behindOwnWork) { try test.store.set(person, Fixture.phone, .text("lost")) }
        #expect(try test.store.documents()[person]?.records[person]?.cell(Fixture.phone.tag)?.first.value == "2")
    }
}
