import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

/// A device and its clones at one hub, with a naive record of every piece of work: what it was, and which pieces of work
/// in the same document its author had before them.
private struct Clones {
    /// A store and the work behind each name that it knows which others may not know alike.
    struct Device {
        var store: ReplicaStore
        var folder: Folder
        var work: [Dot: Int] = [:]
    }

    struct Piece {
        let before: Set<Int>
        let stamp: Stamp
        let time: Int64
    }

    var random: Seeded
    let hub: TestStore
    var devices: [Device] = []
    private(set) var pieces: [Piece] = []
    private(set) var settled = 0
    private var people: [RecordName] = []

    init(seed: UInt64) throws {
        random = Seeded(seed)
        hub = try TestStore(99, isHub: true)
        for number in 1...2 {
            let test = try TestStore(UInt64(number))
            devices.append(Device(store: test.store, folder: test.folder))
        }
    }

    /// Copies a device's folder, as a machine's image is copied.
    mutating func clone(_ at: Int) throws {
        let folder = try Folder()
        try devices[at].store.close()
        for file in try FileManager.default.contentsOfDirectory(atPath: devices[at].folder.path) {
            try FileManager.default.copyItem(
                atPath: devices[at].folder.path + "/" + file, toPath: folder.path + "/" + file)
        }
        devices[at].store = try open(devices[at].folder)
        devices.append(Device(store: try open(folder), folder: folder, work: devices[at].work))
    }

    private func open(_ folder: Folder) throws -> ReplicaStore {
        try ReplicaStore.open(in: folder.path, schema: Fixture.schema, durability: .none)
    }

    /// One piece of work at a device, on a document of its own or on one that it has.
    mutating func write(_ at: Int) throws {
        let number = pieces.count
        let device = devices[at]
        let known = try device.store.documents().filter { $0.value.kind < EngineRecords.tagMin }
        let time = 1_700_000_000_000 + Int64.random(in: 0...3, using: &random)
        let document = random.chance(3) ? nil : known.keys.sorted().randomElement(using: &random)
        var writes = [
            Write(Fixture.title.tag, .text("title \(number)")), Write(Fixture.phone.tag, .text("phone \(number)")),
            Write(Fixture.emails.tag, .text("mail \(number)"), .add),
        ]
        if let other = known.keys.sorted().randomElement(using: &random), random.chance(2) {
            writes.append(Write(Fixture.link.tag, .reference(other)))
        }
        let target = document ?? .pending(ordinal: 0)
        let changes = [
            RecordChange(target, kind: Fixture.person.tag, writes),
            RecordChange(
                .pending(ordinal: 1), kind: Fixture.entry.tag, [Write(Fixture.room.tag, .text("room \(number)"))]),
        ]
        let before = try document.map { try work(in: $0, known[$0]?.context ?? .empty, device) } ?? []
        let sets = try device.store.commit(
            [
                Draft(
                    document.map { .document($0) } ?? .new, documentKind: Fixture.dossier.tag,
                    actor: Text("\(number)"), intent: "work", changes: changes)
            ], time: time)
        let set = try #require(sets.first)
        devices[at].work[set.dot] = number
        pieces.append(Piece(before: before, stamp: set.stamp, time: time))
    }

    /// The pieces of work that a context of a document covers, as a device sees them.
    private func work(in document: RecordName, _ context: Context, _ device: Device) throws -> Set<Int> {
        var found: Set<Int> = []
        for store in [device.store, hub.store] {
            for set in try store.history(of: document) where context.covers(set.dot) {
                // The hub's history stands in for what came as state; a name that this device uses otherwise is its own.
                if let number = Int(set.actor.string) { found.insert(device.work[set.dot] ?? number) }
            }
        }
        return found
    }

    mutating func sync(_ at: Int) throws {
        var meeting = Meeting(devices[at].store, hub.store)
        let end = try meeting.sync()
        #expect(end == .completed)
        for (divergence, isSettled) in meeting.divergences {
            #expect(isSettled)
            settled += 1
            if divergence.isPrefix { continue }
            // The names that the branch had are the hub's other branch's from now on.
            devices[at].work = devices[at].work.filter {
                $0.key.origin != divergence.origin || $0.key.sequence <= divergence.shared
            }
        }
    }

    mutating func step() throws {
        let at = Int.random(in: 0..<devices.count, using: &random)
        if random.chance(3) { try sync(at) } else { try write(at) }
    }

    /// Everything is everywhere, once, and follows what it followed.
    mutating func check(_ label: Comment) throws {
        for _ in 0..<3 { for at in devices.indices.shuffled(using: &random) { try sync(at) } }
        var sets: [Int: ChangeSet] = [:]
        var dots: [Dot: Int] = [:]
        var all: [ChangeSet] = []
        try hub.store.eachChangeSet { set in
            guard set.documentKind < EngineRecords.tagMin else { return }
            let number = try #require(Int(set.actor.string))
            #expect(sets[number] == nil, "\(label): work \(number) twice")
            sets[number] = set
            dots[set.dot] = number
            all.append(set)
        }
        #expect(sets.keys.sorted() == Array(pieces.indices), label)
        for (number, piece) in pieces.enumerated() {
            guard let set = sets[number] else { continue }
            #expect(set.stamp == piece.stamp && set.time == piece.time, label)
            let before = all.filter { $0.document == set.document && set.follows.covers($0.dot) }
                .compactMap { dots[$0.dot] }
            #expect(Set(before) == piece.before, "\(label): what work \(number) follows")
        }
        let oracle = Oracle(all)
        let digests = Set(try ([hub.store] + devices.map(\.store)).map { try $0.digest() })
        #expect(digests.count == 1, label)
        let documents = try hub.store.documents().filter { $0.value.kind < EngineRecords.tagMin }
        var cells: [Oracle.Cell: Set<Oracle.Entry>] = [:]
        for (name, document) in documents {
            for (record, state) in document.records {
                for cell in state.cells {
                    cells[Oracle.Cell(document: name, record: record, field: cell.tag.raw)] = Set(
                        cell.siblings.map {
                            Oracle.Entry(dot: $0.dot, stamp: $0.stamp.milliseconds, value: $0.value ?? .null)
                        })
                }
            }
        }
        #expect(cells == oracle.cells, label)
        for store in [hub.store] + devices.map(\.store) {
            #expect(try store.check() == [], label)
            #expect(try store.count("SELECT count(*) FROM parked") == 0, label)
            #expect(try store.count("SELECT count(*) FROM quarantine") == 0, label)
            try store.expectColumnsMatchClocks("\(label)")
        }
    }
}

@Suite("Clones and restored devices")
struct ForkTests {
    @Test("A clone that worked on loses and doubles nothing, whoever syncs first", arguments: 1...40)
    func clones(seed: UInt64) throws {
        var clones = try Clones(seed: seed)
        for _ in 0..<Int.random(in: 2...10, using: &clones.random) { try clones.step() }
        try clones.clone(0)
        for _ in 0..<Int.random(in: 1...14, using: &clones.random) { try clones.step() }
        if clones.random.chance(2) {
            // A second copy, of the clone or of the first device, wherever it stands by now.
            try clones.clone(clones.random.chance(2) ? 0 : 2)
            for _ in 0..<Int.random(in: 1...10, using: &clones.random) { try clones.step() }
        }
        try clones.check("seed \(seed)")
    }

    @Test("A device that was put back goes on under a new name, and its later work comes back")
    func restored() throws {
        let hub = try TestStore(9, isHub: true)
        let test = try TestStore(1)
        let person = try test.store.makePerson("1")
        try test.store.close()
        let folder = try Folder()
        try FileManager.default.copyItem(atPath: test.folder.path, toPath: folder.path + "/image")
        let device = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        try device.set(person, Fixture.title, "later")
        var meeting = Meeting(device, hub.store)
        #expect(try meeting.sync() == .completed)
        let image = try ReplicaStore.open(in: folder.path + "/image", schema: Fixture.schema, durability: .none)
        var second = Meeting(image, hub.store)
        #expect(try second.sync() == .completed)
        #expect(
            second.divergences.map(\.0) == [
                Divergence(origin: test.replica, shared: 1, head: 1, parentEnd: 2, isCertain: true)
            ])
        #expect(try image.identityNote() == IdentityNote(.regressed))
        #expect(image.identity.replica != test.replica)
        #expect(try image.digest() == hub.store.digest())
        #expect(try image.check() == [])
    }

    @Test("A branch that others have built on goes up with what they built, which means that branch everywhere")
    func builtOn() throws {
        let headquarters = try TestStore(9, isHub: true)
        let region = try TestStore(8, isHub: true)
        let test = try TestStore(1)
        let person = try test.store.makePerson("1")
        try test.store.close()
        let folder = try Folder()
        try FileManager.default.copyItem(atPath: test.folder.path, toPath: folder.path + "/clone")
        func open(_ path: String) throws -> ReplicaStore {
            try ReplicaStore.open(in: path, schema: Fixture.schema, durability: .none)
        }
        let (device, clone) = (try open(test.folder.path), try open(folder.path + "/clone"))
        try device.set(person, Fixture.title, "one")
        try device.set(person, Fixture.title, "one, later")
        try clone.set(person, Fixture.title, "two")
        let made = try clone.makePerson("made by the clone")
        func sync(_ child: ReplicaStore, _ hub: ReplicaStore, _ isHeadquarters: Bool) throws -> Meeting {
            var meeting = Meeting(child, hub, isHeadquarters: isHeadquarters)
            #expect(try meeting.sync() == .completed)
            return meeting
        }
        _ = try sync(device, headquarters.store, true)
        _ = try sync(clone, region.store, false)
        let reader = try TestStore(2)
        _ = try sync(reader.store, region.store, false)
        // It names the clone's branch, and takes away what it read of it: its bytes stay as they are.
        let built = try reader.store.set(person, Fixture.title, "built on two")
        try reader.store.set(made, Fixture.link, .reference(made))
        _ = try sync(reader.store, region.store, false)
        let up = try sync(region.store, headquarters.store, true)
        #expect(up.divergences.map(\.0.origin) == [test.replica] && up.divergences.allSatisfy { $0.isSettled })
        for _ in 0..<3 {
            _ = try sync(reader.store, region.store, false)
            _ = try sync(region.store, headquarters.store, true)
            _ = try sync(device, headquarters.store, true)
            _ = try sync(clone, region.store, false)
        }
        for store in [headquarters.store, region.store, reader.store, device, clone] {
            let titles = try store.document(person)?.records[person]?.cell(Fixture.title.tag)?.siblings.map(\.value)
            #expect(Set(titles ?? []) == ["one, later", "built on two"])
            #expect(try store.digest() == headquarters.store.digest())
            #expect(try store.held(test.replica).last ?? 1 == 1)
            #expect(try store.count("SELECT count(*) FROM person WHERE link = id") == 1)
            #expect(try store.count("SELECT count(*) FROM parked") == 0)
            #expect(try store.check() == [])
        }
        let there = try #require(try headquarters.store.changeSet(built.dot))
        #expect(there.deps != built.deps && there.stamp == built.stamp)
        // A store that begins now, from state alone, knows the same names.
        let late = try TestStore(3)
        _ = try sync(late.store, headquarters.store, true)
        #expect(try late.store.digest() == headquarters.store.digest())
        #expect(try late.store.facts() == headquarters.store.facts())
    }
}
