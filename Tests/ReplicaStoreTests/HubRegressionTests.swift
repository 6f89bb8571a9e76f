import Foundation
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("Hubs of which an older state was put back")
struct HubRegressionTests {
    private func open(_ path: String) throws -> ReplicaStore {
        try ReplicaStore.open(in: path, schema: Fixture.schema, durability: .none)
    }

    /// Closes a store and gives a copy of its folder.
    private func image(_ store: ReplicaStore) throws -> Folder {
        let folder = try Folder()
        try store.close()
        try FileManager.default.copyItem(atPath: store.path, toPath: folder.path + "/hub")
        return folder
    }

    @discardableResult
    private func sync(_ child: ReplicaStore, _ hub: ReplicaStore, isHeadquarters: Bool = true) throws -> Meeting {
        var meeting = Meeting(child, hub, isHeadquarters: isHeadquarters)
        #expect(try meeting.sync() == .completed)
        return meeting
    }

    @Test("The first child that knows more makes the hub take a new name, and all goes to it again")
    func receipts() throws {
        let desks = [try TestStore(1), try TestStore(2)]
        let first = try TestStore(9, isHub: true)
        let person = try desks[0].store.makePerson("1")
        try sync(desks[0].store, first.store)
        let folder = try image(first.store)
        let hub = try open(first.folder.path)
        try desks[0].store.set(person, Fixture.title, "lost by the hub")
        for desk in desks + desks { try sync(desk.store, hub) }
        try hub.close()
        let back = try open(folder.path + "/hub")
        let meeting = try sync(desks[0].store, back)
        #expect(meeting.regressions == 1)
        #expect(back.identity.replica != first.replica && back.identity.epoch == 2)
        #expect(try back.identityNote() == IdentityNote(.hubRegressed))
        #expect(try sync(desks[1].store, back).regressions == 0)
        #expect(try back.digest() == desks[0].store.digest())
        #expect(try desks[1].store.digest() == desks[0].store.digest())
        #expect(try desks[0].store.durability().atHQ == 2)
    }

    @Test("A cursor of the life that is gone is found although the feed has grown past it again")
    func regrown() throws {
        let desks = try (1...3).map { try TestStore(UInt64($0)) }
        let first = try TestStore(9, isHub: true)
        _ = try desks[0].store.makePerson("1")
        for desk in desks { try sync(desk.store, first.store) }
        let folder = try image(first.store)
        let hub = try open(first.folder.path)
        // The reader has the feed to its end, in the life that is gone.
        _ = try desks[1].store.makePerson("2")
        try sync(desks[1].store, hub)
        try sync(desks[2].store, hub)
        try hub.close()
        let back = try open(folder.path + "/hub")
        // Whoever lost nothing makes the feed grow past that cursor.
        for number in 0..<5 {
            _ = try desks[0].store.makePerson("new \(number)")
            try sync(desks[0].store, back)
        }
        #expect(back.identity.replica == first.replica)
        #expect(try sync(desks[2].store, back).regressions == 1)
        for desk in desks + desks { try sync(desk.store, back) }
        #expect(Set(try (desks.map(\.store) + [back]).map { try $0.digest() }).count == 1)
        #expect(try back.documents().count == 7)
    }

    @Test("A hub's own work that it lost and wrote otherwise is found by its chain")
    func ownChain() throws {
        let desk = try TestStore(1)
        let first = try TestStore(9, isHub: true)
        let person = try first.store.makePerson("1")
        try sync(desk.store, first.store)
        let folder = try image(first.store)
        let hub = try open(first.folder.path)
        try hub.set(person, Fixture.title, "told and lost")
        try sync(desk.store, hub)
        try hub.close()
        let back = try open(folder.path + "/hub")
        #expect(try sync(desk.store, back).regressions == 1)
        // The desk has the hub's lost work, and brings it back.
        #expect(try back.digest() == desk.store.digest())
        #expect(try back.held(first.replica) == SequenceRanges(1...2))
    }

    @Test("What was at a headquarters that was put back is not shown as being there until it is again")
    func levels() throws {
        let desk = try TestStore(1)
        let region = try TestStore(8, isHub: true)
        let first = try TestStore(9, isHub: true)
        let folder = try image(first.store)
        let hub = try open(first.folder.path)
        _ = try desk.store.makePerson("1")
        try sync(desk.store, region.store, isHeadquarters: false)
        try sync(region.store, hub)
        try sync(desk.store, region.store, isHeadquarters: false)
        #expect(try desk.store.durability().atHQ == 1)
        try hub.close()
        let back = try open(folder.path + "/hub")
        // The region has not met it again: what the desk hears of is still the old one.
        let restored = try back.takeNewIncarnation()
        #expect(restored.epoch == 2)
        let lineage = HubLineage(hub: restored.replica, epoch: 2)
        _ = try region.store.perform([.receipts(ReceiptCommit(lineage: lineage, headquarters: lineage))])
        try sync(desk.store, region.store, isHeadquarters: false)
        #expect(try desk.store.durability().atHQ == 0)
        try sync(region.store, back)
        try sync(desk.store, region.store, isHeadquarters: false)
        #expect(try desk.store.durability().atHQ == 1)
        #expect(try back.digest() == desk.store.digest())
    }
}
