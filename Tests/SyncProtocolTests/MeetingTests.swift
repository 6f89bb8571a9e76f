import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

@Suite("Two sessions of one replica at once")
struct MeetingTests {
    /// Found by the simulator (memory, seed 100073).
    @Test("A hub is not accused of losing what another session brought it after it had looked")
    func receiptsMeanwhile() {
        var hub = MemoryStore.hub(100)
        var desk = MemoryStore(1)
        desk.write(3)
        var session = ReplicaSession()
        _ = session.receive(.connected(clock: 1_000))
        _ = session.receive(.loaded(.greeting(desk.greeting())))
        let subscriptions = desk.scopes.map { Subscription(scope: $0, cursor: .none) }
        let standing = hub.standing(StandingQuery(replica: desk.replica, head: 3, subscriptions: subscriptions))
        ConvergenceTests.sync(&desk, &hub)
        let welcome = Welcome(
            version: 1, organisation: hub.organisation, lineage: hub.lineage, hubName: "hub", clock: 1_000,
            creditBytes: SyncLimits.windowBytesMin, held: standing.held, heldAtHQ: standing.heldAtHQ,
            shared: standing.shared, receiptMark: standing.receiptMark, scopes: standing.scopes)
        var actions = session.receive(.received(.welcome(welcome)))
        #expect(actions.contains(.load(.memory(hub.lineage))))
        actions = session.receive(.loaded(.memory(desk.memory(of: hub.lineage))))
        #expect(actions.contains(.report(.phase(.pushing))))
        for action in actions {
            if case .report(.hubRegressed(let lost)) = action { Issue.record("\(lost)") }
            if case .commit(let commits) = action { Issue.record("\(commits)") }
        }
    }
}
