import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

/// Each of these was written when a planted bug got past all others.
@Suite("Credit and positions to the last one")
struct CreditTests {
    @Test("A window can be spent to its last byte and no further, and comes back once")
    func lastByte() {
        let bytes = SyncLimits.windowBytesMin
        var window = CreditWindow(window: bytes)
        let first = window.spend(bytes - 1)
        let last = window.spend(1)
        let more = window.spend(1)
        #expect(first && last && !more)
        #expect(window.settle(bytes / 4 - 1) == nil)
        #expect(window.outstanding == 0)
        #expect(window.settle(1) == bytes / 4)
        #expect(window.outstanding == bytes / 4)
        #expect(window.settle(1) == nil)
        #expect(window.outstanding == bytes / 4)
    }

    @Test("A feed that goes back ends the session", arguments: [1, 2])
    func backwards(by: Int) throws {
        var (desk, hub) = ConvergenceTests.pair()
        var link = Link(child: .init(wantsLive: true), identity: hub.identity, seed: 1)
        link.run(&desk, &hub)
        #expect(link.reports.last == .phase(.live))
        let scope = hub.scopes[0]
        let payload = try #require(hub.segment(ReplicaID(2), 1...1))
        let position = hub.feedEnd(scope) - FeedPosition(by)
        link.tell(child: .received(.feed(scope: scope, position: position, payload: payload)))
        guard case .refusedPeer(let error) = link.childEnd else {
            Issue.record("\(String(describing: link.childEnd))")
            return
        }
        #expect(error.code == .unexpectedFrame)
    }
}
