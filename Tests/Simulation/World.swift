import ByteCoding
import ChangeSets
import HubLogic
import HybridTime
import Merging
import SyncProtocol
import SyncTestSupport

/// A whole organisation as it runs: nodes, connections, virtual time, and the ledger that checkers measure it by.
final class World {
    let options: SwarmOptions
    /// Nil where everyone has everything.
    let plan: ScopePlan?
    let ledger = Ledger()
    /// The state of each document that agreed with the oracle last.
    var agreed: [RecordName: DocumentState] = [:]
    /// The scopes of each document once nobody writes any more.
    var agreedScopes: [RecordName: [String]] = [:]
    var nodes: [Node] = []
    var connections: [Connection] = []
    var trace: Trace
    var statistics = Statistics()
    /// True time in milliseconds since 1970; each node's clock is off by its own offset.
    var now: Int64 = 1_700_000_000_000
    /// The people of each site, as they were registered there.
    var home: [Int: [RecordName]] = [:]
    var sessionsOpened = 0
    var pendingCuts: [Int: Int] = [:]
    /// The run is over and all faults are healed: nothing may go wrong any more.
    var isHealed = false

    init(_ options: SwarmOptions, keepsTrace: Bool = false, stores: StoreFactory) throws {
        self.options = options
        plan = options.scopes ? ScopePlan(options) : nil
        trace = Trace(isKept: keepsTrace)
        for (number, place) in Organisation(options).places.enumerated() {
            nodes.append(Node(number: number, place, store: try stores.make(number: number, place: place)))
        }
    }

    // MARK: Steps

    func perform(_ step: Step) throws {
        var random = SeededRandom(step.seed)
        trace.note(.step, Int(truncatingIfNeeded: step.seed), detail: step.description)
        if let node = step.node, !nodes[node].isAlive { return }
        switch step.kind {
        case .transaction(let node): try work(nodes[node], random)
        case .open(let node, let isLive): try open(nodes[node], isLive: isLive)
        case .pump(let count): try pump(count, &random)
        case .cutLater(let node, let bytes): pendingCuts[node] = bytes
        case .cut(let node, let isHalf): try cutOne(nodes[node], isHalf: isHalf, &random)
        case .stall(let node, let isUp): stall(nodes[node], isUp: isUp)
        case .crash(let node, let isInCommit):
            if isInCommit { nodes[node].store.cutInNextCommit = true } else { try crash(nodes[node]) }
        case .fillDisk(let node, let commits):
            statistics.count(.fullDisk)
            nodes[node].store.failingCommits += commits
        case .setClock(let node, let offset):
            statistics.count(.clock)
            nodes[node].clockOffset = offset
        case .move(let node, let target): try move(nodes[node], to: target)
        case .destroy(let node): try destroy(nodes[node])
        case .pass(let milliseconds): try pass(milliseconds, &random)
        case .rest: try rest(&random)
        }
    }

    private func work(_ node: Node, _ random: SeededRandom) throws {
        let local = node.site.flatMap { home[$0] } ?? []
        var workload = Workload(
            node: node, ledger: ledger, home: local, foreignEdits: options.foreignEdits, time: now + node.clockOffset,
            plan: plan, random: random)
        guard let drafts = workload.drafts() else { return }
        let sets: [ChangeSet]
        do throws(SimulatedFailure) { sets = try node.store.commit(drafts, time: now + node.clockOffset) } catch {
            return try refused(node, error)
        }
        for (draft, set) in zip(drafts, sets) where set.removal != (draft.seen ?? set.deps).intersection(set.deps) {
            throw Violation(.siblings, "\(set.dot) was written as if more or less had been read than was")
        }
        statistics.transactions += 1
        statistics.changeSets += sets.count
        for set in sets { try saved(set, at: node) }
        if let site = node.site, let first = sets.first, first.intent == "register" {
            home[site, default: []].append(first.document)
        }
        try tellNews(of: node)
    }

    private func refused(_ node: Node, _ failure: SimulatedFailure) throws {
        switch failure {
        case .disk: statistics.count(.refusedCommit)
        case .powerCut: try crash(node)
        // Its own work has not all come back yet, after a restore of state.
        case .behindOwnWork: statistics.count(.behind)
        case .unknownDocument, .broken:
            throw Violation(.nothingLost, "node \(node.number) refused honest work: \(failure)")
        }
    }

    private func move(_ node: Node, to target: Int) throws {
        guard nodes[target].isAlive, target != node.number, node.parent != target else { return }
        statistics.count(.move)
        trace.note(.cut, node.number, target, detail: "moves")
        for connection in connections where connection.child == node.number { try breakLine(connection, .both) }
        node.parent = target
    }

    /// A hub burns down. Only one whose own work is safe elsewhere: what nobody else holds is lost for good.
    private func destroy(_ node: Node) throws {
        let head = ledger.heads[node.store.replica] ?? 0
        if head > 0 {
            let isSafe = try nodes[0].store.held(node.store.replica).contains(1...head)
            guard isSafe else { return }
        }
        statistics.count(.hubDestroyed)
        for connection in node.connections { try breakLine(connection, .both) }
        node.isAlive = false
        node.queue = []
        for other in nodes where other.parent == node.number { other.parent = 0 }
    }

    /// Time passes: every connection's heartbeats beat, as many as make a difference.
    private func pass(_ milliseconds: Int64, _ random: inout SeededRandom) throws {
        now += milliseconds
        let beats = min(milliseconds / SyncTimes.heartbeatMilliseconds, 10)
        guard beats > 0, !connections.isEmpty else { return }
        for _ in 0..<beats {
            // What the network does not hold up is done in less time than lies between two heartbeats.
            try settle(&random)
            for connection in connections { try beat(connection) }
        }
    }

    // MARK: Saved work

    /// Checks a change set that was saved just now, and enters it into the ledger.
    func saved(_ set: ChangeSet, at node: Node) throws {
        trace.note(.saved, node.number, Int(set.dot.sequence), Int(set.stamp.milliseconds), detail: "\(set.intent)")
        let own = ledger.heads[set.dot.origin] ?? 0
        guard set.dot.origin == node.store.replica, set.dot.sequence == own + 1 else {
            throw Violation(.oneHash, "node \(node.number) saved \(set.dot) after \(own)")
        }
        let last = ledger.ownLast(set.dot.origin, set.document)
        guard set.deps[set.dot.origin] == last else {
            throw Violation(.notBehindOwn, "\(set.dot) follows \(set.deps[set.dot.origin]) of its own, not \(last)")
        }
        for other in ledger.byDocument[set.document] ?? [] where set.deps.covers(other.dot) {
            guard other.stamp < set.stamp else {
                throw Violation(.downSet, "the stamp of \(set.dot) is not after that of \(other.dot), which it follows")
            }
        }
        guard set.stamp.milliseconds <= Stamp.greatest.milliseconds, set.flaw == nil else {
            throw Violation(.nothingLost, "\(set.dot) is malformed")
        }
        ledger.add(set)
    }

    /// Tells a node's connections what its store's observers would have told them.
    func tellNews(of node: Node) throws {
        let news = node.store.takeNews()
        guard news.grew || !news.reachedHQ.isEmpty || !news.scopes.isEmpty else { return }
        for connection in node.connections {
            if connection.hub == node.number, connection.hubEnd == nil {
                if !news.reachedHQ.isEmpty, node.number != 0 {
                    try take(connection.hubSession.receive(.reachedHQ(news.reachedHQ)), of: connection)
                }
                for scope in (news.grew ? MemoryReplica.scopes : []) + news.scopes where connection.hubEnd == nil {
                    try take(connection.hubSession.receive(.feedAdvanced(scope)), of: connection)
                }
            } else if connection.child == node.number, connection.childEnd == nil, news.grew {
                try take(connection.childSession.receive(.localChanged), of: connection)
            }
        }
    }
}
