import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("Builds apart")
struct VersionTests {
    /// What an older build knows: a part of the person, no entries, no places.
    static let old = Schema([
        DocumentKind(1, "dossier", [RecordKind(1, "person", indexes: [["phone"]], [Fixture.phone, Fixture.title])])
    ])

    /// A newer build's store with a value in every field, concurrent ones among them, and records of every kind.
    private func newer() throws -> (store: TestStore, other: TestStore, person: RecordName) {
        let first = try TestStore(1)
        let second = try TestStore(2)
        let person = try first.store.makePerson("1")
        try first.store.send(to: second.store)
        for (store, word) in [(first.store, "held"), (second.store, "barred")] {
            try store.set(person, Fixture.hold, .text(word))
            try store.set(person, Fixture.emails, .text(word), .add)
            try store.set(person, Fixture.emails, "both", .add)
            try store.set(person, Fixture.size, .integer(word == "held" ? .min : .max))
            try store.set(person, Fixture.born, "2000-01-01")
            try store.set(person, Fixture.link, .reference(RecordName(ReplicaID(0x99), 1, 1)))
            try store.set(person, Fixture.blob, .bytes([1, 2]))
            try store.write(
                .document(person),
                [RecordChange(.pending(ordinal: 1), kind: Fixture.entry.tag, [Write(Fixture.room.tag, .text(word))])])
        }
        try second.store.send(to: first.store)
        try first.store.send(to: second.store)
        try first.store.set(person, Fixture.emails, "both", .remove)
        let place = try first.store.write(
            .new, kind: Fixture.site,
            [RecordChange(.pending(ordinal: 0), kind: Fixture.place.tag, [Write(Fixture.name.tag, "Lisbon")])])
        #expect(place.dot.sequence == 11)
        return (first, second, person)
    }

    @Test("What an older build cannot read it merges, forwards and later brings to life", arguments: [false, true])
    func comesAlive(bySnapshot: Bool) throws {
        let (first, second, person) = try newer()
        let test = try TestStore(3, schema: VersionTests.old)
        if bySnapshot {
            try first.store.sendSnapshot(to: test.store)
        } else {
            // Apart, so that siblings meet in the older build.
            try second.store.send(to: test.store)
            try first.store.send(to: test.store)
        }
        #expect(try test.store.count("SELECT count(*) FROM quarantine") == 0)
        #expect(try test.store.digest() == first.store.digest())
        if !bySnapshot {
            for origin in try first.store.heldOrigins() {
                func sets(_ store: ReplicaStore) throws -> [ChangeSet] {
                    try store.segments(of: origin).flatMap { try SegmentCodec().decode($0[...]).changeSets }
                }
                #expect(try sets(test.store) == sets(first.store))
            }
            #expect(try test.store.segments(of: second.replica) == second.store.segments(of: second.replica))
        }
        // A child of the older build loses nothing, by snapshot or by journal.
        let child = try TestStore(4)
        try test.store.sendSnapshot(to: child.store)
        #expect(try child.store.digest() == first.store.digest())
        // The older build writes to a row that holds what it does not know.
        try test.store.set(person, Fixture.title, "by the older build")
        try test.store.set(person, Fixture.phone, "2")
        try test.store.send(to: first.store)
        #expect(try test.store.digest() == first.store.digest())
        #expect(try test.store.check() == [])

        let again = try test.reopened()
        try again.expectColumnsMatchClocks("reopened")
        #expect(try again.check() == [])
        #expect(try again.digest() == first.store.digest())
        #expect(try again.count("SELECT count(*) FROM unknown_record") == 0)
        #expect(try again.count("SELECT count(*) FROM entry") == 2)
        #expect(try again.text("SELECT name FROM place") == "Lisbon")
        #expect(try again.text("SELECT hold FROM person") == "barred")
        // A write to another field leaves the revived ones as they are.
        try again.set(person, Fixture.title, "by the newer build")
        try again.expectColumnsMatchClocks("written")
        try again.send(to: first.store)
        #expect(try again.digest() == first.store.digest())
    }

    @Test("Opening with a newer build makes the indexes that its queries need")
    func indexes() throws {
        let test = try TestStore(3, schema: VersionTests.old)
        let again = try test.reopened()
        let sql = "SELECT id, document FROM person WHERE link = 5 ORDER BY id LIMIT 1"
        #expect(try again.plan(sql).contains("USING INDEX person_link"))
    }

    @Test("A store from before kinds could be unknown opens, and its quarantine is looked at again")
    func beforeUnknownKinds() throws {
        let (first, _, _) = try newer()
        let test = try TestStore(3, schema: VersionTests.old)
        try first.store.send(to: test.store)
        let digest = try test.store.digest()
        // As the first format had it: no such table, nothing noted of the schema, the kind's change set put aside.
        let last = try #require(try first.store.segments(of: first.replica).last)
        let place = try #require(try SegmentCodec().decode(last[...]).changeSets.last)
        #expect(place.documentKind == Fixture.site.tag)
        var canonical = ByteWriter()
        CanonicalForm.write(place, to: &canonical)
        try test.edit("DELETE FROM document WHERE kind = 2; DELETE FROM meta WHERE key IN ('schema', 'revision')")
        try test.edit("DELETE FROM unknown_record WHERE kind = 3")
        // The sum of digests does not hear of edits by hand.
        try test.edit("UPDATE document SET digest = NULL")
        try test.edit("UPDATE meta SET value = zeroblob(32) WHERE key = 'digest_sum'")
        try test.edit(
            "INSERT INTO quarantine SELECT n, 11, n << 43 | 11 << 11, 'unknown-record-kind', 'r', ? FROM origin WHERE id = ?",
            [Data(canonical.bytes), Int64(bitPattern: first.replica.bits)])
        let again = try test.reopened(VersionTests.old)
        #expect(try again.count("SELECT count(*) FROM quarantine") == 0)
        #expect(try again.digest() == digest)
        try again.close()
        try test.edit("DROP TABLE unknown_record; DELETE FROM person; DELETE FROM document")
        #expect(try ReplicaStore.open(in: test.folder.path, schema: VersionTests.old).documents().isEmpty)
    }

    @Test("An older build refuses a store that a newer one has written to")
    func downgrade() throws {
        let test = try TestStore(3)
        try test.store.close()
        let error = #expect(throws: StoreError.self) {
            try ReplicaStore.open(in: test.folder.path, schema: VersionTests.old, durability: .none)
        }
        #expect(error?.code == "newer-format")
        #expect(try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema).check() == [])
    }

    @Test("A value of a wrong type in a field that was unknown stays in the clock and stops nobody")
    func wrongTypeRevived() throws {
        let test = try TestStore(3, schema: VersionTests.old)
        var forger = Forger(1)
        let set = forger.set([
            RecordChange(
                RecordName(forger.dot, 0), kind: 1,
                [Write(Fixture.phone.tag, "1"), Write(Fixture.size.tag, "not a number")])
        ])
        #expect(try test.store.apply(Forger.segment([set])).get().applied == 1)
        let digest = try test.store.digest()
        let again = try test.reopened()
        #expect(try again.digest() == digest)
        #expect(try again.check() == [])
        #expect(try again.count("SELECT count(*) FROM person WHERE size IS NULL") == 1)
        // Its snapshot can be joined by a build that knows the field.
        let child = try TestStore(4)
        try again.sendSnapshot(to: child.store)
        #expect(try child.store.digest() == digest)
        try again.set(set.document, Fixture.size, .integer(5))
        #expect(try again.count("SELECT size FROM person") == 5)
    }

    @Test("A newer build looks at the quarantine again, and what waited behind it follows into state and feed")
    func quarantineRetried() throws {
        let strict = Schema([
            DocumentKind(1, "dossier", [RecordKind(1, "person", [Fixture.phone, Field(6, "size", .boolean, .review)])])
        ])
        let test = try TestStore(3, isHub: true, schema: strict)
        let author = try TestStore(1)
        let person = try author.store.makePerson("1")
        try author.store.set(person, Fixture.size, .integer(5))
        try author.store.set(person, Fixture.phone, "2")
        try author.store.send(to: test.store)
        #expect(try test.store.count("SELECT count(*) FROM quarantine") == 1)
        #expect(try test.store.count("SELECT count(*) FROM parked") == 1)
        let again = try test.reopened()
        #expect(try again.count("SELECT count(*) FROM quarantine") == 0)
        #expect(try again.count("SELECT count(*) FROM parked") == 0)
        #expect(try again.digest() == author.store.digest())
        let feed = try again.feed(after: 0, bytesMax: .max).flatMap { entry in entry.range.map { $0 } }
        #expect(feed == [1, 2, 3])
        #expect(try again.check() == [])
    }
}
