import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("A replica's name")
struct IdentityTests {
    @Test("A new name starts a chain of its own, and the work under the old one stays and is offered")
    func incarnation() throws {
        let test = try TestStore(1)
        let store = test.store
        let person = try store.makePerson("before")
        try store.set(person, Fixture.title, "first")
        let old = test.replica
        let now = try store.takeNewIncarnation()
        #expect(now.replica != old && now.epoch == 2 && store.identity == now)
        #expect(try store.held(old) == SequenceRanges(1...2))
        #expect(try store.greeting().head == nil)
        let set = try store.set(person, Fixture.title, "second")
        #expect(set.dot == Dot(now.replica, 1))
        #expect(set.deps == Context(Dot(old, 2)))
        let lineage = HubLineage(hub: ReplicaID(9), epoch: 1)
        #expect(try store.unsent(to: lineage, awaitingHQ: false).map(\.origin) == [old, now.replica])
        #expect(try store.check() == [])
        let other = try TestStore(2)
        try store.send(to: other.store)
        #expect(try other.store.digest() == store.digest())
        let again = try test.reopened()
        #expect(again.identity == now)
        #expect(try again.set(person, Fixture.title, "third").dot == Dot(now.replica, 2))
    }

    @Test("Whoever has the store open commits under its present name, never under one that is gone")
    func elsewhere() throws {
        let test = try TestStore(1)
        let old = test.replica
        let other = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        let person = try test.store.makePerson()
        let now = try test.store.takeNewIncarnation()
        #expect(other.identity != now)
        #expect(try other.set(person, Fixture.title, "a").dot == Dot(now.replica, 1))
        #expect(other.identity == now)
        // Who asks for a change that was made already changes nothing.
        #expect(try other.takeNewIncarnation(insteadOf: old) == now)
        #expect(try test.store.set(person, Fixture.title, "b").dot == Dot(now.replica, 2))
        #expect(try other.check() == [])
    }

    @Test("A backup is one file of one moment, and what is restored from it has a name and an epoch of its own")
    func backup() throws {
        let test = try TestStore(1, isHub: true)
        let person = try test.store.makePerson("1")
        let folder = try Folder()
        let file = folder.path + "/backup"
        try test.store.backUp(to: file)
        #expect(throws: StoreError.fileExists(path: file)) { try test.store.backUp(to: file) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["backup"])
        try test.store.set(person, Fixture.title, "after the backup")
        try ReplicaStore.restore(from: file, to: folder.path + "/new")
        let new = try ReplicaStore.open(in: folder.path + "/new", schema: Fixture.schema, durability: .none)
        #expect(try new.settle() == IdentityNote(.restored))
        #expect(new.identity.replica != test.replica && new.identity.epoch == 2 && new.isHub)
        #expect(try new.settle() == nil)
        #expect(try new.held(test.replica) == SequenceRanges(1...1))
        #expect(try new.documents()[person]?.records[person]?.cell(Fixture.title.tag) == nil)
        #expect(try new.check() == [])
        // The store that was backed up goes on as it was.
        #expect(try test.store.settle() == nil)
        #expect(throws: StoreError.alreadyAStore(path: folder.path + "/new")) {
            try ReplicaStore.restore(from: file, to: folder.path + "/new")
        }
        #expect(throws: StoreError.notABackup(path: test.folder.path + "/replica.sqlite")) {
            try ReplicaStore.restore(from: test.folder.path + "/replica.sqlite", to: folder.path + "/third")
        }
        try Data("no database".utf8).write(to: URL(filePath: folder.path + "/text"))
        #expect(throws: StoreError.notABackup(path: folder.path + "/text")) {
            try ReplicaStore.restore(from: folder.path + "/text", to: folder.path + "/third")
        }
    }

    @Test("A copied folder finds that it is a copy, the original that it is none")
    func copy() throws {
        let test = try TestStore(1)
        _ = try test.store.makePerson("1")
        #expect(try test.store.settle() == nil)
        try test.store.close()
        let folder = try Folder()
        try FileManager.default.copyItem(atPath: test.folder.path, toPath: folder.path + "/copy")
        let copy = try ReplicaStore.open(in: folder.path + "/copy", schema: Fixture.schema, durability: .none)
        let original = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        #expect(try copy.settle() == IdentityNote(.moved))
        #expect(try original.settle() == nil)
        #expect(original.identity.replica == test.replica && copy.identity.replica != test.replica)
        #expect(try copy.identityNote() == IdentityNote(.moved))
        // Both work on, and nothing of one is taken for the other's.
        _ = try original.makePerson("2")
        _ = try copy.makePerson("3")
        try original.send(to: copy)
        try copy.send(to: original)
        #expect(try original.digest() == copy.digest())
        #expect(try original.documents().count == 3)
    }
}
