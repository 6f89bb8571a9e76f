import ByteCoding
import Foundation
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

/// The histories in which a document's state lost or brought back what it should not, replayed over real stores. Each test
/// names the model's script and row; the merge alone has the same in `MergingTests`.
@Suite("Counterexamples of the model: contexts and state")
struct StateCounterexampleTests {
    private func titles(_ person: RecordName, _ store: ReplicaStore) throws -> Set<Value> {
        let cell = try store.document(person)?.records[person]?.cell(Fixture.title.tag)
        return Set(cell?.siblings.compactMap(\.value) ?? [])
    }

    private func part(_ store: ReplicaStore, _ sequence: Sequence32) throws -> [UInt8] {
        try #require(try store.segment(store.identity.replica, sequence...sequence)).bytes
    }

    /// core.py, "B ctx = what the form saw".
    @Test("A form that was opened before other work is delivered after that work, and removes none of it")
    func formSavedLate() throws {
        let author = try TestStore(1)
        let person = try author.store.makePerson("1")
        let opened = try #require(try author.store.document(person)).context
        try author.store.set(person, Fixture.title, "written meanwhile")
        try author.store.set(person, Fixture.title, "of the form", seen: opened)
        let other = try TestStore(2)
        #expect(try other.store.apply(part(author.store, 1)).get().applied == 1)
        #expect(try other.store.apply(part(author.store, 3)).get().parked == 1)
        #expect(try other.store.apply(part(author.store, 2)).get().applied == 2)
        for store in [author.store, other.store] {
            #expect(try titles(person, store) == ["written meanwhile", "of the form"])
        }
        #expect(try other.store.digest() == author.store.digest())
    }

    /// core.py, "G stamp from siblings only": what carried the greatest stamp is gone from the state.
    @Test("The next stamp exceeds one whose element was removed, at whoever has the document from a file or a snapshot")
    func greatestStamp() throws {
        let test = try TestStore(1)
        let person = try test.store.makePerson("1")
        let wild: Int64 = 1_900_000_000_000
        try test.store.set(person, Fixture.emails, "x@y", .add, time: wild)
        let removal = try test.store.set(person, Fixture.emails, "x@y", .remove)
        #expect(removal.stamp > Stamp(wild))
        let other = try TestStore(2)
        try test.store.sendSnapshot(to: other.store)
        for store in [try test.reopened(), other.store] {
            #expect(try store.set(person, Fixture.phone, "2").stamp > removal.stamp)
        }
    }

    /// core.py, "I refused dot parks": the state of somebody who had not heard of the denial brought the write back, or took
    /// away again what the denial had put back.
    @Test("What a hub denied does not come back with a state from before, and nothing waits behind it")
    func deniedAndJoined() throws {
        let author = try TestStore(1)
        let hub = try TestStore(9, isHub: true)
        let person = try author.store.makePerson("1")
        try author.store.set(person, Fixture.title, "right")
        let wrong = try author.store.set(person, Fixture.title, "denied")
        try author.store.send(to: hub.store)
        _ = try hub.store.deny(wrong.dot, reason: "no role", actor: "hub", time: 1_700_000_000_000).get()
        try author.store.sendSnapshot(to: hub.store)
        try author.store.set(person, Fixture.phone, "built on it")
        try author.store.send(to: hub.store)
        #expect(try titles(person, hub.store) == ["right"])
        try hub.store.send(to: author.store)
        let late = try TestStore(2)
        try hub.store.send(to: late.store)
        for store in [hub.store, author.store, late.store] {
            #expect(try titles(person, store) == ["right"])
            #expect(try store.text("SELECT phone FROM person") == "built on it")
            #expect(try store.digest() == hub.store.digest())
            #expect(try store.count("SELECT count(*) FROM parked") == 0)
        }
    }

    /// core.py, "J refused dot advances context": a context that covered what was put aside removed it everywhere.
    @Test("What one build puts aside its state covers nowhere: whoever joins that state keeps it")
    func putAsideAndJoined() throws {
        let strict = Schema([
            DocumentKind(1, "dossier", [RecordKind(1, "person", [Fixture.phone, Field(6, "size", .boolean, .review)])])
        ])
        let author = try TestStore(1)
        let other = try TestStore(2)
        let test = try TestStore(3, schema: strict)
        let person = try author.store.makePerson("1")
        try author.store.set(person, Fixture.size, .integer(5))
        for store in [test.store, other.store] { try author.store.send(to: store) }
        #expect(try test.store.count("SELECT count(*) FROM quarantine") == 1)
        #expect(try test.store.document(person)?.context == Context(Dot(author.replica, 1)))
        try test.store.sendSnapshot(to: other.store)
        #expect(try other.store.count("SELECT size FROM person") == 5)
        #expect(try other.store.digest() == author.store.digest())
    }

    /// directed.py: headquarters is put back to before the document, or into the middle of it, and the only replica that is
    /// left has as state what it lacks, with new work on top.
    @Test("What a restored headquarters lost and no journal has waits there for an administrator", arguments: [0, 1])
    func restoredHeadquarters(inBackup: Int) throws {
        let backup = try Folder()
        let lost = try TestStore(9, isHub: true)
        let (author, last) = (try TestStore(1), try TestStore(2))
        var person: RecordName?
        for number in 0...2 {
            if number == inBackup {
                if number > 0 { try sync(author.store, lost.store) }
                try lost.store.backUp(to: backup.path + "/file")
            }
            if let person {
                try author.store.set(person, Fixture.title, .text("\(number)"))
            } else {
                person = try author.store.makePerson("\(number)")
            }
        }
        let name = try #require(person)
        try sync(author.store, lost.store)
        try sync(last.store, lost.store)
        // The author and the old headquarters are gone.
        try lost.store.close()
        try ReplicaStore.restore(from: backup.path + "/file", to: backup.path + "/new")
        let back = try ReplicaStore.open(in: backup.path + "/new", schema: Fixture.schema, durability: .none)
        #expect(try back.settle() == IdentityNote(.restored))
        let new = try last.store.set(name, Fixture.phone, "on top")
        for _ in 0..<3 { try sync(last.store, back) }
        #expect(try back.changeSet(new.dot) == new)
        #expect(try back.count("SELECT count(*) FROM parked") == 1)
        #expect(try (back.document(name)?.context ?? .empty)[author.replica] == Sequence32(inBackup))
        #expect(try last.store.orphans() == [name])
        #expect(try last.store.text("SELECT phone FROM person") == "on top", "nothing of it is dropped")
        _ = try last.store.salvage(name, reason: "restored", actor: "head", time: 1_700_000_000_000).get()
        let fresh = try TestStore(3)
        for _ in 0..<2 { for store in [last.store, fresh.store] { try sync(store, back) } }
        for store in [back, last.store, fresh.store] {
            #expect(try titles(name, store) == ["2"])
            #expect(try store.text("SELECT phone FROM person") == "on top")
            #expect(try store.orphans() == [])
            #expect(try store.count("SELECT count(*) FROM parked") == 0)
            #expect(try store.digest() == back.digest())
            #expect(try store.check() == [])
        }
    }

    private func sync(_ child: ReplicaStore, _ hub: ReplicaStore) throws {
        var meeting = Meeting(child, hub)
        #expect(try meeting.sync() == .completed)
    }
}
