import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

@Suite("A child and a parent")
struct ConvergenceTests {
    @Test("A first session pushes all, restores all and ends with bye", arguments: 0..<50)
    func firstSession(seed: Int) {
        var hub = MemoryStore.hub(100, scopes: ["org", "site/a"])
        hub.adopt(ReplicaID(2), 1...30)
        var desk = MemoryStore(1, scopes: ["org", "site/a"])
        desk.write(23)
        var link = Link(identity: hub.identity, seed: UInt64(seed))
        link.run(&desk, &hub)
        #expect(link.childEnd == .completed)
        #expect(link.hubEnd == .completed)
        #expect(desk.covered == hub.covered)
        #expect(hub.held[desk.replica]?.total == 23)
        #expect(desk.atHQ[desk.replica]?.total == 23)
        #expect(hub.repeats == 0)
        #expect(desk.repeats == 0)
    }
}
