import HubLogic
import HybridTime
import ReplicaStore
import SyncProtocol

/// Sessions between two stores without sockets or tasks: events and actions by hand, one after the other.
struct Meeting {
    let child: ReplicaStore
    let hub: ReplicaStore
    var isHeadquarters = true
    private(set) var reports: [ReplicaReport] = []
    private(set) var divergences: [(Divergence, isSettled: Bool)] = []
    private(set) var regressions = 0

    init(_ child: ReplicaStore, _ hub: ReplicaStore, isHeadquarters: Bool = true) {
        self.child = child
        self.hub = hub
        self.isHeadquarters = isHeadquarters
    }

    /// Sessions until one is completed, as a client has them.
    /// - Returns: how the last one ended.
    mutating func sync() throws -> SessionEnd {
        var unresolved: Set<ReplicaID> = []
        var end = SessionEnd.stopped
        for _ in 0..<16 {
            end = try session(unresolved)
            switch end {
            case .diverged(let divergence):
                let isSettled = try child.settle(divergence)
                divergences.append((divergence, isSettled))
                if !isSettled { unresolved.insert(divergence.origin) }
            case .refusedByPeer(let error) where error.code == .hubRegressed: continue
            default: return end
            }
        }
        return end
    }

    private mutating func session(_ unresolved: Set<ReplicaID>) throws -> SessionEnd {
        var below = ReplicaSession(configuration: .init(unresolved: unresolved))
        let name = hub.identity.replica
        var above = HubSession(identity: try hub.hubIdentity(isHeadquarters: isHeadquarters))
        var ends: (child: SessionEnd?, hub: SessionEnd?)
        var actions = below.receive(.connected(clock: 0))
        var answers: [HubAction] = []
        while !actions.isEmpty || !answers.isEmpty {
            if !actions.isEmpty {
                switch actions.removeFirst() {
                case .send(let frame): answers += above.receive(.received(frame))
                case .load(let load): actions += below.receive(.loaded(try answer(load)))
                case .commit(let commits): actions += below.receive(.committed(try child.perform(commits)))
                case .report(let report): reports.append(report)
                case .close(let end): ends.child = end
                }
                continue
            }
            switch answers.removeFirst() {
            case .send(let frame): actions += below.receive(.received(frame))
            case .load(let load): answers += above.receive(.loaded(try answer(load)))
            case .commit(let payload):
                answers += above.receive(.committed(try hub.take([payload], of: [name])))
                // A hub that goes by a new name ends its sessions.
                if hub.identity.replica != name { return .refusedByPeer(.hubRenamed) }
            case .reportRegression: regressions += 1
            case .close(let end): ends.hub = end
            case .introduce, .acceptFullFrames, .reportFork: break
            }
        }
        return ends.child ?? ends.hub ?? .peerLeft
    }

    private func answer(_ load: ReplicaLoad) throws -> ReplicaLoaded {
        switch load {
        case .greeting: .greeting(try child.greeting())
        case .memory(let lineage): .memory(try child.memory(of: lineage))
        case .chainHashes(let origin, let sequences): .chainHashes(try child.chainHashes(of: origin, at: sequences))
        case .unsent(let lineage, let awaitingHQ): .unsent(try child.unsent(to: lineage, awaitingHQ: awaitingHQ))
        case .segment(let origin, let range): .segment(try child.payload(of: origin, in: range))
        case .scopeDigest(let scope): .scopeDigest(try child.digest(of: scope))
        case .findings(let scope, let parts): .findings(try child.findings(scope, parts))
        case .wanted: .wanted(try child.wanted())
        }
    }

    private func answer(_ load: HubLoad) throws -> HubLoaded {
        switch load {
        case .standing(let query): return .standing(try hub.standing(query, isHeadquarters: isHeadquarters), clock: 0)
        case .held(let queries): return .held(try hub.held(queries, isHeadquarters: isHeadquarters))
        case .chainHashes(let probe): return .chainHashes(try hub.chainHashes(probe))
        case .newName(let replica, _):
            try hub.takeNewIncarnation(insteadOf: replica, because: .hubRegressed)
            return .newName
        case .feed(let scope, let after, let bytes, let within):
            return .feed(scope, try hub.feedPage(scope, after: after, bytesMax: bytes, within: within))
        case .snapshot(let scope, let after, let bytes):
            return .snapshot(scope, try hub.snapshotPage(scope, after: after, bytesMax: bytes))
        case .compare(let scope, let ranges):
            let (position, parts) = try hub.compare(scope, ranges)
            return .compared(scope, position: position, parts: parts)
        case .states(let scope, let documents, let bytes, let within):
            let (answered, chunk) = try hub.states(of: documents, bytesMax: bytes, within: within)
            return .states(scope, answered: answered, bytes: chunk)
        }
    }
}
