import ChangeSets
import CredentialStore
import Credentialing
import Foundation
import HubLogic
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("The order in which a store fills")
struct FillingOrderTests {
    @Test("Sites, schemes and sessions come before every dossier, whenever they were made")
    func order() throws {
        let path = NSTemporaryDirectory() + "assay-order-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let identity = Identity(
            replica: ReplicaID(0xD1), organisation: [UInt8](repeating: 1, count: 16), name: "headquarters")
        let store = try CredentialStore.create(in: path, identity: identity, isHub: true)
        let office = ActorIdentity("hq", station: "office")
        var people = 0
        func register(_ count: Int) throws {
            for _ in 0..<count {
                people += 1
                try store.perform(
                    RegisterPerson(candidateNumber: "C\(people)", given: "Ana", family: "Novák"), actor: office, now: 1)
            }
        }
        try register(50)
        try store.perform(
            CreateSite(code: "LEEDS", title: "Leeds", region: "north", rooms: [], staff: []), actor: office, now: 2)
        try register(50)
        let scope = try #require(ReplicaStore.everything.first)
        var kinds: [UInt32] = []
        var names: Set<RecordName> = []
        var chunks = 0
        var cursor: SnapshotCursor?
        repeat {
            let page = try store.replica.snapshotPage(scope, after: cursor, bytesMax: SyncLimits.chunkBytesMax)
            guard case .chunk(let chunk, _, let documents) = page else { throw Unexpected() }
            #expect(documents == 101)
            let states = try SnapshotCodec().decode(chunk.bytes[...])
            kinds += states.map(\.kind)
            names.formUnion(states.map(\.name))
            cursor = chunk.next
            chunks += 1
        } while cursor != nil
        #expect(kinds.first == CredentialingSchema.site.tag)
        #expect(kinds.count == 101 && names.count == 101 && chunks == 5)
        try store.replica.close()
    }

    private struct Unexpected: Error {}
}
