import HubServer
import HybridTime
import NIOCore
import NIOPosix
import SyncProtocol
import SyncTestSupport
import SyncTransport
import Testing

@Suite("A hub on a socket", .timeLimit(.minutes(1)))
struct HubServerTests {
    @Test("Twenty replicas at once end with the same")
    func manyAtOnce() async throws {
        try await Rig.run(.hub(100)) { rig in
            let stores = (1...20).map { number in
                var store = MemoryStore(UInt64(number))
                store.write(40)
                return SharedMemoryStore(store)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in stores { group.addTask { _ = try await rig.client(store).syncOnce() } }
                try await group.waitForAll()
            }
            for store in stores { _ = try await rig.client(store).syncOnce() }
            let expected = rig.store.snapshot.covered
            #expect(expected.count == 800)
            for store in stores { #expect(store.snapshot.covered == expected) }
            #expect(rig.store.snapshot.repeats == 0)
            let (commits, segments) = await rig.hub.commitCounts
            #expect(segments == 160)
            #expect(commits <= segments)
        }
    }
}
