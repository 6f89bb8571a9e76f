import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

/// Each of these was written when a planted bug got past all others.
@Suite("A hub by itself")
struct HubSessionTests {
    @Test("The cursors of another life of the hub count for nothing")
    func otherLife() {
        let hub = MemoryStore.hub(100)
        var hello = Samples.hello
        hello.organisation = hub.organisation
        hello.subscriptions = [Subscription(scope: hub.scopes[0], cursor: .feed(3))]
        for (epoch, expected) in [(hub.epoch, PullCursor.feed(3)), (hub.epoch + 1, .none)] {
            hello.lineage = HubLineage(hub: hub.replica, epoch: epoch)
            var session = HubSession(identity: hub.identity)
            let cursors = session.receive(.received(.hello(hello))).compactMap { action in
                if case .load(.standing(let query)) = action { query.subscriptions.map(\.cursor) } else { nil }
            }
            #expect(cursors == [[expected]])
        }
    }

    @Test("A device that the hub knows more of than it says itself does not go on")
    func regressed() {
        let hub = MemoryStore.hub(100)
        var hello = Samples.hello
        hello.organisation = hub.organisation
        hello.head = nil
        var session = HubSession(identity: hub.identity)
        _ = session.receive(.received(.hello(hello)))
        let standing = Standing(
            held: SequenceRanges(1...3), heldAtHQ: SequenceRanges(), shared: nil, receiptMark: 0,
            scopes: hello.subscriptions.map { _ in .unknown })
        let actions = session.receive(.loaded(.standing(standing, clock: 0)))
        #expect(!actions.contains { if case .send(.welcome) = $0 { true } else { false } })
    }

    @Test("What others bring of an origin that the child has relayed a part of comes down to it")
    func relayedInPart() {
        var (desk, hub) = ConvergenceTests.pair()
        var link = Link(child: .init(wantsLive: true), identity: hub.identity, seed: 2)
        link.run(&desk, &hub)
        desk.adopt(ReplicaID(6), 1...4)
        link.tell(child: .localChanged)
        link.run(&desk, &hub)
        #expect(hub.held[ReplicaID(6)]?.total == 4)
        hub.adopt(ReplicaID(6), 5...9)
        for scope in hub.scopes { link.tell(hub: .feedAdvanced(scope)) }
        link.run(&desk, &hub)
        #expect(desk.held[ReplicaID(6)]?.total == 9)
    }
}
