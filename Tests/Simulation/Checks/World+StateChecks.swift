import ChangeSets
import HybridTime
import Merging
import SyncTestSupport

/// What is checked of states: at samples while a run goes on, of everything when it has healed.
extension World {
    /// A document's state is what the naive merge makes of the change sets that its context covers, and that context is
    /// a down-set (invariants 1, 5 and 9). Holds at any time.
    func checkDocument(_ name: RecordName, at node: Node) throws {
        let found: DocumentState?
        do throws(SimulatedFailure) { found = try node.store.state(of: name) } catch {
            throw Violation(.nothingLost, "node \(node.number) cannot read \(name): \(error)")
        }
        guard let state = found, !state.context.isEmpty else { return }
        try checkState(state, name, at: node)
    }

    private func checkState(_ state: DocumentState, _ name: RecordName, at node: Node) throws {
        statistics.documentsChecked += 1
        // The same state of another node, or of an earlier moment: what it covers has been looked up already.
        if agreed[name] == state { return }
        let all = ledger.byDocument[name] ?? []
        let included = all.filter { state.context.covers($0.dot) }
        for entry in state.context.entries {
            guard included.contains(where: { $0.dot == Dot(entry.origin, entry.sequence) }) else {
                throw Violation(
                    .nothingLost, "\(name) at node \(node.number) covers \(entry), which nobody saved there")
            }
        }
        for set in included where !state.context.covers(set.deps) {
            throw Violation(.downSet, "\(name) at node \(node.number) covers \(set.dot) without what it follows")
        }
        if let difference = Oracle(included).difference(state) {
            throw Violation(.siblings, "\(name) at node \(node.number): \(difference)")
        }
        agreed[name] = state
    }

    /// Whatever can move does; then sessions that are not live are over, and those that are live are level.
    func rest(_ random: inout SeededRandom) throws {
        try settle(&random)
        for connection in connections where !connection.hasEnded {
            guard connection.isLive, !connection.up.isStalled, !connection.down.isStalled else {
                throw Violation(
                    .bounded,
                    "session \(connection.number) of \(connection.child) with \(connection.hub) is stuck for ever")
            }
            guard connection.childEnd == nil, connection.hubEnd == nil else {
                throw Violation(.bounded, "session \(connection.number) ended on one side alone")
            }
            try checkLevel(nodes[connection.child], nodes[connection.hub])
        }
        trace.note(.rest, connections.count)
        for _ in 0..<min(12, ledger.documents.count) {
            guard let node = nodes.randomElement(using: &random), node.isAlive,
                let name = ledger.documents.randomElement(using: &random)
            else { continue }
            try checkDocument(name, at: node)
        }
        statistics.siteDays += options.sites
    }

    /// A child that is level with its live hub has all that the hub has (invariant 4).
    private func checkLevel(_ child: Node, _ hub: Node) throws {
        // A hub whose own bootstrap was cut tells those below once it has come to its end.
        if hub.parent != nil {
            guard case .greeting(let greeting)? = try? hub.store.answer(.greeting),
                greeting.memory.subscriptions.allSatisfy({ if case .feed = $0.cursor { true } else { false } })
            else { return }
        }
        if plan != nil { return try checkScopedLevel(child, hub) }
        for name in ledger.documents {
            guard child.store.context(of: name).covers(hub.store.context(of: name)) else {
                throw Violation(
                    .feedReachesAll,
                    "\(name) at node \(child.number) is behind hub \(hub.number) although its session is live and quiet"
                )
            }
        }
    }

    // MARK: After healing

    /// All faults end; everyone syncs with their parent, from the desks up and from headquarters down, until all agree:
    /// within three rounds, and then nothing more is said (invariants 3 to 5, 10 and 11).
    func heal() throws {
        var random = SeededRandom(options.seed &+ 0x5000_0000_0000)
        for connection in connections { try breakLine(connection, .both) }
        try settle(&random)
        guard connections.isEmpty else { throw Violation(.bounded, "a broken session lives on") }
        pendingCuts = [:]
        for node in nodes where node.isAlive {
            node.store.failingCommits = 0
            node.store.cutInNextCommit = false
        }
        for node in nodes where node.isAlive { try checkReceipts(of: node) }
        for name in ledger.documents {
            if let node = nodes.filter(\.isAlive).randomElement(using: &random) { try checkDocument(name, at: node) }
        }
        try checkMissing()
        isHealed = true
        var rounds = 0
        while true {
            rounds += 1
            for node in inOrder() + inOrder().reversed() { _ = try syncOnce(node, &random) }
            do { try checkConverged() } catch {
                if rounds < 3 { continue }
                throw error
            }
            break
        }
        statistics.roundsMost = max(statistics.roundsMost, rounds)
        for node in inOrder() + inOrder().reversed() { _ = try syncOnce(node, &random) }
        for node in inOrder() { try checkIdle(try syncOnce(node, &random)) }
        for node in inOrder() { try checkReachedHQ(node) }
        for node in nodes where node.isAlive { try checkWhole(node) }
    }

    /// Whatever a parked change set follows is in the journal of somebody who is still there (invariant 6).
    private func checkMissing() throws {
        let live = nodes.filter(\.isAlive)
        do throws(SimulatedFailure) {
            for node in live {
                for dot in try node.store.parked() {
                    for entry in ledger.sets[dot]?.deps.entries ?? [] {
                        var isHeld = false
                        for other in live where !isHeld {
                            isHeld = try other.store.held(entry.origin).contains(entry.sequence)
                        }
                        guard isHeld else { throw SimulatedFailure.broken("nobody holds \(entry), before \(dot)") }
                    }
                }
            }
        } catch { throw Violation(.missingExists, "\(error)") }
    }

    /// Those below before those above.
    private func inOrder() -> [Node] {
        nodes.filter { $0.isAlive && $0.parent != nil }.sorted { depth($0) > depth($1) }
    }

    private func depth(_ node: Node) -> Int { node.parent.map { depth(nodes[$0]) + 1 } ?? 0 }

    private func syncOnce(_ node: Node, _ random: inout SeededRandom) throws -> Connection? {
        try open(node, isLive: false)
        let connection = connections.last
        connection?.notesFrames = true
        try settle(&random)
        guard connections.isEmpty else {
            throw Violation(.bounded, "node \(node.number) does not come to the end of a session")
        }
        return connection
    }

    private func checkIdle(_ connection: Connection?) throws {
        guard let connection else { return }
        guard connection.framesUp == ["hello", "bye"], connection.framesDown == ["welcome"], connection.bytes <= 500
        else {
            throw Violation(
                .bounded,
                "an idle check of \(connection.child) with \(connection.hub): \(connection.framesUp) "
                    + "\(connection.framesDown), \(connection.bytes) bytes")
        }
    }

    /// Everyone knows in the end that their own work is at headquarters.
    private func checkReachedHQ(_ node: Node) throws {
        let head = ledger.heads[node.store.replica] ?? 0
        do throws(SimulatedFailure) {
            guard case .greeting(let greeting) = try node.store.answer(.greeting), greeting.memory.receiptedAtHQ == head
            else { throw SimulatedFailure.broken("it does not know that its work up to \(head) is at headquarters") }
        } catch { throw Violation(.bounded, "node \(node.number): \(error)") }
    }

    private func checkConverged() throws {
        for (origin, head) in ledger.heads.sorted(by: { $0.key < $1.key }) {
            let held: SequenceRanges
            do throws(SimulatedFailure) { held = try nodes[0].store.held(origin) } catch {
                throw Violation(.headquartersHoldsAll, "headquarters cannot say what it holds: \(error)")
            }
            guard held.contains(1...head) else {
                throw Violation(
                    .headquartersHoldsAll, "headquarters holds \(held.ranges) of \(origin), not up to \(head)")
            }
        }
        for node in nodes where node.isAlive {
            let contexts = Array(zip(ledger.documents, node.store.contexts(of: ledger.documents)))
            if plan != nil { try checkScopes(node, contexts) }
            for (name, context) in contexts where node.wants(finalScopes(name)) {
                for set in ledger.byDocument[name] ?? [] where !context.covers(set.dot) {
                    throw Violation(.feedReachesAll, "node \(node.number) lacks \(set.dot) of \(name)")
                }
            }
        }
    }

    /// Every document, every origin's chain, and the store's own look at itself.
    private func checkWhole(_ node: Node) throws {
        var states: [DocumentState] = []
        do throws(SimulatedFailure) {
            let known = Set(ledger.documents)
            states = try node.store.allStates()
            for state in states where !known.contains(state.name) {
                throw SimulatedFailure.broken("it has \(state.name), which nobody made")
            }
            let parked = try node.store.parked()
            guard parked.isEmpty else { throw SimulatedFailure.broken("\(parked) are parked for ever") }
            let flaws = try node.store.flaws()
            guard flaws.isEmpty else { throw SimulatedFailure.broken("\(flaws)") }
        } catch { throw Violation(.rebuild, "node \(node.number): \(error)") }
        for state in states { try checkState(state, state.name, at: node) }
        try checkChains(node)
    }

    /// One name has one hash wherever it is known (invariant 2), and headquarters knows all of them.
    private func checkChains(_ node: Node) throws {
        for author in nodes where author.isAlive {
            let origin = author.store.replica
            guard let head = ledger.heads[origin] else { continue }
            do throws(SimulatedFailure) {
                let truth = try author.store.chainHash(origin, at: head)
                let told = try node.store.chainHash(origin, at: head)
                guard truth != nil, told == nil ? node.number != 0 : told == truth else {
                    throw SimulatedFailure.broken("\(origin) at \(head) has another hash than at its author")
                }
            } catch { throw Violation(.oneHash, "node \(node.number): \(error)") }
        }
    }
}
