import HubLogic
import HybridTime
import ReplicaStore
import SyncProtocol

/// A replica's session with its hub over two real stores, without a network between them: what a sync costs on the wire.
struct IdleCheck {
    private(set) var bytes = 0
    /// How often the replica had to wait for the hub.
    private(set) var roundTrips = 0
    private let replica: ReplicaStore
    private let hub: ReplicaStore
    private var child = ReplicaSession()
    private var parent: HubSession
    private var up: [SyncFrame] = []
    private var down: [SyncFrame] = []
    private var hasEnded = false

    init(replica: ReplicaStore, hub: ReplicaStore) throws {
        self.replica = replica
        self.hub = hub
        parent = HubSession(identity: try hub.hubIdentity(isHeadquarters: true))
    }

    /// Runs the session until the replica closes it.
    mutating func run() throws {
        try take(child.receive(.connected(clock: 0)))
        while !hasEnded {
            guard !up.isEmpty || !down.isEmpty else { throw BenchFailure("the session stands still") }
            let rising = up
            up = []
            for frame in rising {
                bytes += frame.encoded.count
                try take(parent.receive(.received(frame)))
            }
            if !rising.isEmpty, !down.isEmpty { roundTrips += 1 }
            let falling = down
            down = []
            for frame in falling {
                bytes += frame.encoded.count
                try take(child.receive(.received(frame)))
            }
        }
    }

    private mutating func take(_ actions: [ReplicaAction]) throws {
        for action in actions {
            switch action {
            case .send(let frame): up.append(frame)
            case .load(let load): try take(child.receive(.loaded(answer(load))))
            case .commit(let commits): try take(child.receive(.committed(replica.perform(commits))))
            case .report: break
            case .close: hasEnded = true
            }
        }
    }

    private func answer(_ load: ReplicaLoad) throws -> ReplicaLoaded {
        switch load {
        case .greeting: .greeting(try replica.greeting())
        case .memory(let lineage): .memory(try replica.memory(of: lineage))
        case .chainHashes(let origin, let sequences):
            .chainHashes(try replica.chainHashes(of: origin, at: sequences))
        case .unsent(let lineage, let awaitingHQ):
            .unsent(try replica.unsent(to: lineage, awaitingHQ: awaitingHQ))
        case .segment(let origin, let range): .segment(try replica.payload(of: origin, in: range))
        case .scopeDigest(let scope): .scopeDigest(try replica.digest(of: scope))
        case .findings(let scope, let parts): .findings(try replica.findings(scope, parts))
        case .wanted: .wanted(try replica.wanted())
        }
    }

    private mutating func take(_ actions: [HubAction]) throws {
        for action in actions {
            switch action {
            case .send(let frame): down.append(frame)
            case .load(let load): try take(parent.receive(.loaded(answer(load))))
            case .commit(let payload): try take(parent.receive(.committed(hub.take([payload]))))
            case .introduce, .acceptFullFrames, .reportFork, .reportRegression, .close: break
            }
        }
    }

    private func answer(_ load: HubLoad) throws -> HubLoaded {
        switch load {
        case .standing(let query): return .standing(try hub.standing(query, isHeadquarters: true), clock: 0)
        case .held(let queries): return .held(try hub.held(queries, isHeadquarters: true))
        case .chainHashes(let probe): return .chainHashes(try hub.chainHashes(probe))
        case .newName(let replica, _):
            try hub.takeNewIncarnation(insteadOf: replica, because: .hubRegressed)
            return .newName
        case .feed(let scope, let after, let bytesMax, let within):
            return .feed(scope, try hub.feedPage(scope, after: after, bytesMax: bytesMax, within: within))
        case .snapshot(let scope, let after, let bytesMax):
            return .snapshot(scope, try hub.snapshotPage(scope, after: after, bytesMax: bytesMax))
        case .compare(let scope, let ranges):
            let (position, parts) = try hub.compare(scope, ranges)
            return .compared(scope, position: position, parts: parts)
        case .states(let scope, let documents, let bytesMax, let within):
            let (answered, bytes) = try hub.states(of: documents, bytesMax: bytesMax, within: within)
            return .states(scope, answered: answered, bytes: bytes)
        }
    }
}
