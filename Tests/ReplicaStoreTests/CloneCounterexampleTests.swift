import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore
import Testing

/// The histories in which earlier texts of the design lost or doubled a clone's work, replayed over real stores and
/// sessions. Each test names the model's script and the row that printed the trace.
@Suite("Counterexamples of the model: clones and restored devices")
struct CloneCounterexampleTests {
    private func expectOnce(_ steps: [ModelClones.Step], _ places: [ModelClones.Hub]) throws {
        let clones = try ModelClones(steps)
        try clones.heal(places)
        try clones.expectOnce("healed")
    }

    /// clone.py, "unsynced" with one hub: the image's own receipts say nothing of what the device sent after it was taken.
    @Test("An image tells again what follows the last common change set, not what it has no receipt of")
    func unsynced() throws {
        try expectOnce(
            [
                .write(0), .image, .write(0), .sync(0, .headquarters), .sync(1, .headquarters),
                .sync(0, .headquarters), .sync(1, .headquarters),
            ], [.headquarters])
    }

    /// clone.py, "cmp" with one hub: the longer branch went on where the shorter one had ended, because only heads of one
    /// length were compared.
    @Test("A device that is ahead of its hub is compared where the hub ends", arguments: [0, 1])
    func longerBranch(first: Int) throws {
        try expectOnce(
            [
                .image, .write(1), .write(1), .write(0), .sync(first, .headquarters), .sync(1 - first, .headquarters),
                .sync(first, .headquarters), .sync(1 - first, .headquarters),
            ], [.headquarters])
    }

    /// clone.py, "cmp" and "chain" with two hubs: each branch agreed with its own hub.
    @Test("Branches that came to two regions are told apart where these meet, without the devices")
    func betweenHubs() throws {
        let steps: [ModelClones.Step] = [
            .image, .write(0), .write(1), .sync(0, .one), .sync(1, .two), .relay(.one), .relay(.two),
        ]
        let clones = try ModelClones(steps)
        #expect(try clones.store(.headquarters).count("SELECT count(*) FROM person") == 2)
        #expect(try clones.store(.headquarters).check() == [])
        // The second device has gone on; what it tells again begins with what the region told.
        try expectOnce(steps + [.write(1), .write(0), .sync(0, .one), .sync(1, .two)], [.one, .two])
    }

    /// The same, and a site that took both branches as state when they had been told apart, and no change set.
    @Test("A branch that comes to a site which has it as state already, told again, is there once")
    func toldBefore() throws {
        try expectOnce(
            [
                .image, .write(0), .write(1), .sync(0, .one), .sync(1, .two), .relay(.one), .relay(.two), .relay(.one),
                .relay(.site), .sync(1, .site), .relay(.site),
            ], [.one, .site])
    }

    /// clone.py, "unsynced" and "fork" with two hubs: the image told again what both hubs had of the device.
    @Test(
        "What two hubs have of a device is not told again by its image, which has no receipt of it",
        arguments: branches.indices)
    func hadByTwo(_ index: Int) throws { try expectOnce(CloneCounterexampleTests.branches[index], [.one, .two]) }

    static let branches: [[ModelClones.Step]] = [
        [.write(0), .image, .write(0), .sync(0, .two), .sync(0, .one), .sync(1, .two), .sync(0, .one), .sync(1, .two)],
        [
            .image, .write(0), .write(1), .write(1), .sync(0, .two), .sync(0, .one), .sync(1, .two), .sync(0, .one),
            .sync(1, .two),
        ],
    ]

    /// reissue.py, "kept", "forget B" and "A:=f": each other way of writing the contexts lost or parked work for ever.
    @Test(
        "A context of a branch names the last shared change set of its document, and the branch's own by its new name")
    func contexts() throws {
        let hub = try TestStore(9, isHub: true)
        let test = try TestStore(1)
        let person = try test.store.makePerson("one")
        // The last shared change set is of another document: no context of the first may wait for it.
        _ = try test.store.makePerson("two")
        try test.store.close()
        let folder = try Folder()
        try FileManager.default.copyItem(atPath: test.folder.path, toPath: folder.path + "/image")
        let device = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        let image = try ReplicaStore.open(in: folder.path + "/image", schema: Fixture.schema, durability: .none)
        try device.set(person, Fixture.title, "by the device")
        try image.set(person, Fixture.title, "by the image")
        try image.set(person, Fixture.title, "by the image, later")
        for store in [device, image, device, image] {
            var meeting = Meeting(store, hub.store)
            #expect(try meeting.sync() == .completed)
        }
        func isLater(_ set: ChangeSet) -> Bool { set.changes[0].writes[0].value == "by the image, later" }
        let history = try hub.store.history(of: person)
        let name = try #require(history.first(where: isLater)).dot.origin
        let told = history.filter { $0.dot.origin == name }
        // The second follows the first, and that follows what the branches share.
        #expect(told.map(\.deps) == [Context(Dot(test.replica, 1)), Context(Dot(name, 1))])
        #expect(told[1].removal.covers(Dot(test.replica, 1)))
        // Whoever takes the journal in any order keeps what neither branch saw of the other.
        let reader = try TestStore(2)
        for origin in try hub.store.heldOrigins().sorted().reversed() {
            let bytes = try #require(try hub.store.segments(of: origin).first)
            _ = try reader.store.apply(bytes, as: origin, from: 1).get()
        }
        #expect(try reader.store.count("SELECT count(*) FROM parked") == 0)
        let titles = try reader.store.document(person)?.records[person]?.cell(Fixture.title.tag)?.siblings
        #expect(Set(titles?.compactMap(\.value) ?? []) == ["by the device", "by the image, later"])
        #expect(try reader.store.digest() == image.digest())
        #expect(try device.digest() == image.digest())
    }
}
