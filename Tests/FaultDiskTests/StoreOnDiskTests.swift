import ChangeSets
import FaultDisk
import Foundation
import HybridTime
import Merging
import ReplicaStore
import Testing

/// Our store on a simulated disk.
@Suite("A store on a simulated disk")
struct StoreOnDiskTests {
    private static let phone = Field(1, "phone", .text, .latest)
    private static let schema = Schema([DocumentKind(1, "dossier", [RecordKind(1, "person", [phone])])])

    /// A real folder for the lock file, which goes with the test.
    private final class Folder {
        let path = NSTemporaryDirectory() + "assay-disk-\(UInt64.random(in: .min ... .max))"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private func draft(_ text: String) -> Draft {
        Draft(
            .new, documentKind: 1, actor: "a", intent: "i",
            changes: [
                RecordChange(.pending(ordinal: 0), kind: 1, [Write(StoreOnDiskTests.phone.tag, .text(text))])
            ])
    }

    private func create(_ folder: Folder, _ disk: FaultDisk) throws -> ReplicaStore {
        try ReplicaStore.create(
            in: folder.path, schema: StoreOnDiskTests.schema,
            identity: Identity(replica: ReplicaID(1), organisation: [UInt8](repeating: 7, count: 16), name: "one"),
            isHub: false, vfs: disk.vfs)
    }

    private func open(_ folder: Folder, _ disk: FaultDisk) throws -> ReplicaStore {
        try ReplicaStore.open(in: folder.path, schema: StoreOnDiskTests.schema, vfs: disk.vfs)
    }

    @Test("A store that was just made is there after a power cut")
    func made() throws {
        let disk = FaultDisk(seed: 1)
        let store = try create(try Folder(), disk)
        for seed in 0..<20 as Range<UInt64> {
            let left = try open(try Folder(), disk.cut(seed: seed))
            #expect(left.identity == store.identity)
            #expect(try left.check() == [])
        }
    }

    @Test("A store on a real disk keeps a reserve, and makes it again where it was cut short")
    func reserve() throws {
        let folder = try Folder()
        let identity = Identity(
            replica: ReplicaID(1), organisation: [UInt8](repeating: 7, count: 16), name: "one")
        let path = folder.path + "/reserve"
        func size() throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        }
        let store = try ReplicaStore.create(
            in: folder.path, schema: StoreOnDiskTests.schema, identity: identity, isHub: false)
        #expect(try size() == 524_288)
        try store.close()
        #expect(truncate(path, 4_096) == 0)
        let again = try ReplicaStore.open(in: folder.path, schema: StoreOnDiskTests.schema)
        #expect(try size() == 524_288)
        try FileManager.default.removeItem(atPath: path)
        try again.commit([draft("1")], time: 1)
        #expect(try size() == 524_288)
        try again.close()
    }

    @Test("What was committed is there after a power cut, as are commits after that")
    func committed() throws {
        let disk = FaultDisk(seed: 2)
        let store = try create(try Folder(), disk)
        for number in 1...5 {
            try store.commit([draft("\(number)")], time: 1)
            let image = disk.cut(seed: UInt64(number))
            let left = try open(try Folder(), image)
            #expect(try left.allDocuments().count == number)
            try left.commit([draft("again")], time: 2)
            let second = try open(try Folder(), image.cut(seed: 3))
            #expect(try second.allDocuments().count == number + 1)
            #expect(try second.check() == [])
        }
    }

    /// Found by `power-cut --faults`: what GRDB writes when it turns the log on is not synced by itself.
    @Test("After a failed sync that dropped what was written, what is saved next survives a power cut")
    func forgottenBySync() throws {
        let disk = FaultDisk(seed: 4)
        let folder = try Folder()
        try create(folder, disk).close()
        let store = try open(folder, disk)
        disk.setForgets(true)
        disk.fail(.sync, after: 0)
        let refusal = #expect(throws: StoreError.self) { try store.commit([draft("refused")], time: 1) }
        #expect(refusal?.code == "disk-io")
        try store.commit([draft("saved")], time: 2)
        let image = disk.cut(seed: 1, .none)
        let left = try open(try Folder(), image)
        #expect(try left.allDocuments().count == 1)
        #expect(try left.check() == [])
    }

    @Test("An empty disk holds no store, and a folder's odd characters do not confuse a name")
    func names() throws {
        let disk = FaultDisk(seed: 3)
        #expect(throws: StoreError.notAStore(path: "/a?b#c%41/ä")) {
            try ReplicaStore.open(in: "/a?b#c%41/ä", schema: StoreOnDiskTests.schema, vfs: disk.vfs)
        }
        let folder = try Folder()
        let odd = folder.path + "/a?b#c%41é"
        try FileManager.default.createDirectory(atPath: odd, withIntermediateDirectories: false)
        let store = try ReplicaStore.create(
            in: odd, schema: StoreOnDiskTests.schema,
            identity: Identity(replica: ReplicaID(1), organisation: [UInt8](repeating: 7, count: 16), name: "one"),
            isHub: false, vfs: disk.vfs)
        #expect(try FileManager.default.contentsOfDirectory(atPath: odd) == ["lock"])
        #expect((disk.size("replica.sqlite") ?? 0) > 0)
        try store.close()
    }
}
