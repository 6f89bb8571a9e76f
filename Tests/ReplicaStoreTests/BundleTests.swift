import Foundation
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("Bundles")
struct BundleTests {
    private func path(_ folder: Folder, _ name: String) -> String { folder.path + "/" + name }

    private func names(_ store: ReplicaStore) throws -> Set<RecordName> { Set(try store.documents().keys) }

    @Test("A bundle brings what is lacking, once, in whatever order bundles come")
    func order() throws {
        let folder = try Folder()
        let (site, hub) = (try TestStore(1), try TestStore(9, isHub: true))
        let person = try site.store.makePerson("1")
        #expect(try site.store.writeBundle(to: path(folder, "first")).changeSets == 1)
        for number in 0..<70 { try site.store.set(person, Fixture.phone, .text("\(number)")) }
        let second = try site.store.writeBundle(to: path(folder, "second"), since: path(folder, "first"))
        #expect(second.changeSets == 70)
        #expect(throws: StoreError.fileExists(path: path(folder, "second"))) {
            try site.store.writeBundle(to: path(folder, "second"))
        }
        // The later one first: its change sets wait for the earlier one's.
        #expect(try hub.store.applyBundle(path(folder, "second")).new == 70)
        #expect(try hub.store.documents().isEmpty)
        #expect(try hub.store.applyBundle(path(folder, "first")).new == 1)
        #expect(try hub.store.digest() == site.store.digest())
        let digest = try hub.store.digest()
        for name in ["first", "second", "second"] {
            let again = try hub.store.applyBundle(path(folder, name))
            #expect(again.new == 0 && again.notes.isEmpty && again.disputed.isEmpty)
        }
        #expect(try hub.store.digest() == digest)
        #expect(try hub.store.check() == [])
        // And a line, when there is one, has nothing left to send.
        var meeting = Meeting(site.store, hub.store)
        #expect(try meeting.sync() == .completed)
        #expect(try site.store.durability().atHQ == 71)
        // Nothing is left for a bundle, and all of it on request.
        #expect(try site.store.writeBundle(to: path(folder, "third")).changeSets == 0)
        #expect(try site.store.writeBundle(to: path(folder, "fourth"), everything: true).changeSets == 71)
    }

    @Test("A bundle that was damaged anywhere is refused whole")
    func damaged() throws {
        let folder = try Folder()
        let (site, hub) = (try TestStore(1), try TestStore(9, isHub: true))
        _ = try site.store.makePerson("1")
        _ = try site.store.writeBundle(to: path(folder, "whole"))
        let whole = try Data(contentsOf: URL(filePath: path(folder, "whole")))
        func refused(_ bytes: Data) throws {
            try bytes.write(to: URL(filePath: path(folder, "broken")))
            #expect {
                try hub.store.applyBundle(path(folder, "broken"))
            } throws: {
                guard case .bundleDamaged? = $0 as? StoreError else { return false }
                return true
            }
        }
        for place in whole.indices {
            var copy = whole
            copy[place] ^= 0x10
            try refused(copy)
        }
        for count in [0, 1, 30, 64, 65, whole.count - 1] { try refused(whole.prefix(count)) }
        try refused(whole + [0])
        #expect(try hub.store.heldOrigins().isEmpty)
        #expect(try hub.store.applyBundle(path(folder, "whole")).new == 1)
    }

    @Test("A bundle with a right checksum and wrong frames is refused")
    func grammar() throws {
        let folder = try Folder()
        let hub = try TestStore(9, isHub: true)
        let organisation = try #require(OrganisationID(Fixture.organisation))
        let other = try #require(OrganisationID([UInt8](repeating: 8, count: 16)))
        func write(_ frames: [SyncFrame], _ organisation: OrganisationID, _ rest: [UInt8] = []) throws -> String {
            var bytes = BundleHeader(organisation: organisation, writer: ReplicaID(1)).encoded
            for frame in frames { bytes += frame.encoded }
            bytes += rest
            let sum = bytes.withUnsafeBytes { ReplicaStore.checksum($0) }
            try Data(bytes + sum).write(to: URL(filePath: path(folder, "forged")))
            return path(folder, "forged")
        }
        let offer = SyncFrame.offer([])
        let segment = SyncFrame.segment(SegmentPayload(origin: ReplicaID(1), first: 1, last: 1, bytes: [1]))
        for frames in [[offer], [segment, offer, .bye], [.ping(1), .bye], [.bye, .bye], [offer, .bye, segment]] {
            let file = try write(frames, organisation)
            #expect(throws: StoreError.self) { try hub.store.applyBundle(file) }
        }
        let late = try write([.bye], organisation, [0])
        #expect(throws: StoreError.self) { try hub.store.applyBundle(late) }
        let foreign = try write([offer, .bye], other)
        #expect(throws: StoreError.bundleOfOthers(path: foreign)) { try hub.store.applyBundle(foreign) }
        // A segment that is none is put aside with its reason, as one of a child is.
        let summary = try hub.store.applyBundle(try write([offer, segment, .bye], organisation))
        #expect(summary.new == 0 && summary.notes.count == 1)
    }

    @Test("A store that was put back takes a new name before it takes its own later work in")
    func ownWork() throws {
        let folder = try Folder()
        let test = try TestStore(1)
        let person = try test.store.makePerson("1")
        try test.store.close()
        try FileManager.default.copyItem(atPath: test.folder.path, toPath: folder.path + "/image")
        let device = try ReplicaStore.open(in: test.folder.path, schema: Fixture.schema, durability: .none)
        try device.set(person, Fixture.title, "later")
        _ = try device.writeBundle(to: path(folder, "bundle"))
        let image = try ReplicaStore.open(in: folder.path + "/image", schema: Fixture.schema, durability: .none)
        #expect(try image.applyBundle(path(folder, "bundle")).new == 1)
        #expect(image.identity.replica != test.replica)
        #expect(try image.digest() == device.digest())
        #expect(try image.set(person, Fixture.phone, "2").dot.sequence == 1)
    }
}
