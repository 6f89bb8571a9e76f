import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore
import Testing

/// Devices of which images are taken, and the hubs that they meet: headquarters over two regions, and a site under the first.
struct ModelClones {
    /// Headquarters comes first; each of the others has a parent.
    enum Hub: Int, CaseIterable { case headquarters, one, two, site }

    enum Step {
        /// The device makes one piece of work.
        case write(Int)
        /// A copy of the first device's disk becomes the next device.
        case image
        case sync(Int, Hub)
        /// The hub meets its parent.
        case relay(Hub)
    }

    private(set) var devices: [ReplicaStore] = []
    private var folders: [Folder] = []
    private let hubs: [TestStore]
    private var count = 0

    init(_ steps: [Step] = []) throws {
        hubs = try Hub.allCases.map { try TestStore(UInt64(90 + $0.rawValue), isHub: true) }
        let first = try TestStore(1)
        devices.append(first.store)
        folders.append(first.folder)
        for step in steps { try run(step) }
    }

    func store(_ hub: Hub) -> ReplicaStore { hubs[hub.rawValue].store }

    mutating func run(_ step: Step) throws {
        switch step {
        case .write(let at):
            count += 1
            _ = try devices[at].makePerson("\(count)")
        case .image: try image()
        case .sync(let at, let hub): try meet(devices[at], hub)
        case .relay(.headquarters): break
        case .relay(let hub): try meet(store(hub), hub == .site ? .one : .headquarters)
        }
    }

    private mutating func image() throws {
        let folder = try Folder()
        try devices[0].close()
        for file in try FileManager.default.contentsOfDirectory(atPath: folders[0].path) {
            try FileManager.default.copyItem(atPath: folders[0].path + "/" + file, toPath: folder.path + "/" + file)
        }
        devices[0] = try open(folders[0])
        devices.append(try open(folder))
        folders.append(folder)
    }

    private func open(_ folder: Folder) throws -> ReplicaStore {
        try ReplicaStore.open(in: folder.path, schema: Fixture.schema, durability: .none)
    }

    private func meet(_ child: ReplicaStore, _ hub: Hub) throws {
        var meeting = Meeting(child, store(hub), isHeadquarters: hub == .headquarters)
        #expect(try meeting.sync() == .completed)
        #expect(meeting.divergences.allSatisfy { $0.isSettled })
    }

    /// Everyone meets until nothing can be new: each device with one hub, and the hubs with their parents.
    func heal(_ places: [Hub], rounds: Int = 6) throws {
        for _ in 0..<rounds {
            for (at, device) in devices.enumerated() { try meet(device, places[at % places.count]) }
            for hub in [Hub.site, .one, .two] { try meet(store(hub), hub == .site ? .one : .headquarters) }
        }
    }

    /// Headquarters holds each piece of work once, and a dot names the same piece wherever it is held.
    func expectOnce(_ label: Comment) throws {
        var works: [Dot: Value] = [:]
        try store(.headquarters).eachChangeSet { set in
            if set.documentKind < EngineRecords.tagMin { works[set.dot] = ModelClones.work(set) }
        }
        #expect(
            works.values.map { "\($0)" }.sorted() == (0..<count).map { "\(Value.text("\($0 + 1)"))" }.sorted(), label)
        let everyone = devices + hubs.map(\.store)
        for store in everyone {
            try store.eachChangeSet { set in
                guard set.documentKind < EngineRecords.tagMin else { return }
                #expect(works[set.dot] == ModelClones.work(set), "\(label): \(set.dot)")
            }
            #expect(try store.count("SELECT count(*) FROM person") == Int64(count), label)
            #expect(try store.count("SELECT count(*) FROM parked") == 0, label)
            #expect(try store.check() == [], label)
        }
        #expect(Set(try everyone.map { try $0.digest() }).count == 1, label)
    }

    private static func work(_ set: ChangeSet) -> Value { set.changes[0].writes[0].value }
}
