import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol

/// One child and one parent over a wire of bytes, run to the end under a seed: bytes arrive in random pieces, stores
/// answer in a random order, and the wire may be cut after a given number of bytes.
public struct Link {
    public private(set) var child: ReplicaSession
    public private(set) var hub: HubSession
    public private(set) var bytesUp = 0
    public private(set) var bytesDown = 0
    public private(set) var childEnd: SessionEnd?
    public private(set) var hubEnd: SessionEnd?
    public private(set) var reports: [ReplicaReport] = []
    public private(set) var framesUp: [SyncFrame] = []
    public private(set) var framesDown: [SyncFrame] = []
    public private(set) var forks: [ReplicaID] = []
    /// Whether the hub found that it is behind its child.
    public private(set) var hasRegressed = false
    /// The least credit that each sender ever had left, counted apart from the machines.
    public private(set) var leastCreditUp = Int.max
    public private(set) var leastCreditDown = Int.max

    private var up: [UInt8] = []
    private var down: [UInt8] = []
    private var upReader = FrameAccumulator()
    private var downReader = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
    private var childWork: [ReplicaAction] = []
    private var hubWork: [HubAction] = []
    private var creditUp = 0
    private var creditDown = 0
    private var random: SeededRandom
    private let cutAfter: Int?

    public init(
        child: ReplicaSession.Configuration = .init(), identity: HubIdentity,
        hub: HubSession.Configuration = .init(), seed: UInt64, cutAfter: Int? = nil
    ) {
        self.child = ReplicaSession(configuration: child)
        self.hub = HubSession(identity: identity, configuration: hub)
        random = SeededRandom(seed)
        self.cutAfter = cutAfter
    }

    public var bytes: Int { bytesUp + bytesDown }
    public var isQuiet: Bool { up.isEmpty && down.isEmpty && childWork.isEmpty && hubWork.isEmpty }

    /// Runs until both sides have ended or nothing moves any more.
    public mutating func run(_ replica: inout MemoryStore, _ parent: inout MemoryStore) {
        if childEnd == nil, framesUp.isEmpty { take(child.receive(.connected(clock: 1_000))) }
        while !isQuiet {
            if let cutAfter, bytes >= cutAfter { return cut(&replica, &parent) }
            step(&replica, &parent)
        }
    }

    public mutating func tell(child event: ReplicaEvent) { take(child.receive(event)) }
    public mutating func tell(hub event: HubEvent) { take(hub.receive(event)) }

    private mutating func step(_ replica: inout MemoryStore, _ parent: inout MemoryStore) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: deliverUp()
        case 1: deliverDown()
        case 2: if !childWork.isEmpty { work(childWork.removeFirst(), &replica) }
        default: if !hubWork.isEmpty { workHub(&parent) }
        }
    }

    /// Whatever is on the wire is lost; the stores may still finish what they were asked.
    private mutating func cut(_ replica: inout MemoryStore, _ parent: inout MemoryStore) {
        up = []
        down = []
        if Bool.random(using: &random) {
            for action in childWork { if case .commit(let commits) = action { _ = replica.perform(commits) } }
        }
        if Bool.random(using: &random) {
            for action in hubWork { if case .commit(let payload) = action { _ = parent.commit([payload]) } }
        }
        childWork = []
        hubWork = []
        take(child.receive(.disconnected))
        take(hub.receive(.disconnected))
    }

    private mutating func deliverUp() {
        guard let count = piece(of: up.count) else { return }
        upReader.append(up.prefix(count))
        up.removeFirst(count)
        bytesUp += count
        do {
            while let frame = try upReader.next() {
                hubReceives(frame)
                take(hub.receive(.received(frame)))
            }
        } catch { take(hub.receive(.malformed(error))) }
    }

    private mutating func deliverDown() {
        guard let count = piece(of: down.count) else { return }
        downReader.append(down.prefix(count))
        down.removeFirst(count)
        bytesDown += count
        do {
            while let frame = try downReader.next() {
                childReceives(frame)
                take(child.receive(.received(frame)))
            }
        } catch { take(child.receive(.malformed(error))) }
    }

    /// How many of the bytes on the wire arrive now; never past the cut.
    private mutating func piece(of waiting: Int) -> Int? {
        guard waiting > 0 else { return nil }
        let room = cutAfter.map { $0 - bytes } ?? Int.max
        return min(waiting, room, Int.random(in: 1...max(1, min(waiting, 4_096)), using: &random))
    }

    private mutating func work(_ action: ReplicaAction, _ store: inout MemoryStore) {
        switch action {
        case .load(let load): take(child.receive(.loaded(store.answer(load))))
        case .commit(let commits): take(child.receive(.committed(store.perform(commits))))
        default: break
        }
    }

    /// A load, or all segments that wait, as the writer of a real hub would take them.
    private mutating func workHub(_ store: inout MemoryStore) {
        if case .load(let load) = hubWork[0] {
            hubWork.removeFirst()
            return take(hub.receive(.loaded(store.answer(load, clock: 2_000))))
        }
        var segments: [SegmentPayload] = []
        hubWork.removeAll { action in
            guard case .commit(let payload) = action else { return false }
            segments.append(payload)
            return true
        }
        let outcomes = store.commit(segments)
        take(hub.receive(.committed(outcomes)))
        for scope in store.scopes { take(hub.receive(.feedAdvanced(scope))) }
    }

    private mutating func take(_ actions: [ReplicaAction]) {
        for action in actions {
            switch action {
            case .send(let frame):
                framesUp.append(frame)
                childSends(frame)
                if childEnd == nil { up += frame.encoded }
            case .load, .commit: childWork.append(action)
            case .report(let report): reports.append(report)
            case .close(let end): childEnd = end
            }
        }
    }

    private mutating func take(_ actions: [HubAction]) {
        for action in actions {
            switch action {
            case .send(let frame):
                framesDown.append(frame)
                hubSends(frame)
                if hubEnd == nil { down += frame.encoded }
            case .load, .commit: hubWork.append(action)
            case .introduce: break
            case .acceptFullFrames: upReader.frameBytesMax = SyncLimits.frameBytesMax
            case .reportFork(let fork): forks.append(fork.origin)
            case .reportRegression: hasRegressed = true
            case .close(let end): hubEnd = end
            }
        }
    }

    // Credit is counted where it is spent: a grant counts once it has arrived.

    private mutating func childSends(_ frame: SyncFrame) {
        guard case .segment(let payload) = frame else { return }
        creditUp -= payload.cost
        leastCreditUp = min(leastCreditUp, creditUp)
    }

    private mutating func childReceives(_ frame: SyncFrame) {
        switch frame {
        case .welcome(let welcome): creditUp += welcome.creditBytes
        case .credit(let bytes): creditUp += bytes
        default: break
        }
    }

    private mutating func hubSends(_ frame: SyncFrame) {
        switch frame {
        case .feed(_, _, let payload): creditDown -= payload.cost
        case .grant(_, _, let bytes), .revoke(_, _, let bytes):
            creditDown -= bytes.count + SyncLimits.payloadOverheadBytes
        case .snapshotChunk(_, _, let chunk): creditDown -= chunk.cost
        default: return
        }
        leastCreditDown = min(leastCreditDown, creditDown)
    }

    private mutating func hubReceives(_ frame: SyncFrame) {
        switch frame {
        case .pull(_, _, let bytes), .credit(let bytes): creditDown += bytes
        default: break
        }
    }
}
