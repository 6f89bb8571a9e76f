import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol

/// A hub's machine over a store that answers honestly, with any peer.
struct HubRig {
    private var session: HubSession
    private let options: UInt8
    private var loads: [HubLoad] = []
    private var commits: [SegmentPayload] = []
    private var sent: [SyncFrame] = []
    private var laws = SentFrames()
    private(set) var hasEnded = false
    private(set) var hasWelcomed = false

    /// The end of every feed.
    private static let end: FeedPosition = 10

    /// - Parameter options: 32 headquarters, 64 a store that knows another hash of every chain,
    ///   128 one that does not hold what the child holds.
    init(options: UInt8) {
        self.options = options
        session = HubSession(
            identity: HubIdentity(
                organisation: RigFacts.organisation, lineage: RigFacts.lineage, name: "rig",
                isHeadquarters: options & 32 != 0))
    }

    var isQuiet: Bool { loads.isEmpty && commits.isEmpty }

    mutating func takeSent() -> [SyncFrame] {
        defer { sent = [] }
        return sent
    }

    mutating func take(_ step: SessionStep) throws(BrokenLaw) {
        switch step {
        case .frame(let frame):
            switch frame {
            case .pull(_, _, let bytes), .fetch(_, _, let bytes), .credit(let bytes): laws.granted(bytes)
            default: break
            }
            try run(session.receive(.received(frame)))
        case .storage(let bits): try answer(bits)
        case .heartbeat(let traffic): try run(session.receive(.heartbeat(traffic)))
        case .other(let bits): try run(session.receive(event(bits)))
        }
    }

    mutating func settle() throws(BrokenLaw) {
        for _ in 0..<64 where !isQuiet { try answer(0) }
    }

    private func event(_ bits: UInt8) -> HubEvent {
        switch bits % 8 {
        case 0: .stopRequested(SyncError(.shuttingDown, "planted"))
        case 1: .disconnected
        case 2: .storageFailed(StorageFailure("planted"))
        case 3: .malformed(DecodingFailure(.truncated, offset: 0, "planted"))
        case 4: .reachedHQ([OriginRanges(origin: RigFacts.child, ranges: .init(1...(1 + UInt32(bits))))])
        default: .feedAdvanced(RigFacts.scopes[Int(bits >> 4) % RigFacts.scopes.count])
        }
    }

    private mutating func run(_ actions: [HubAction]) throws(BrokenLaw) {
        for action in actions {
            try BrokenLaw.check(!hasEnded, "it does something after it has closed")
            switch action {
            case .send(let frame):
                try laws.sent(frame)
                if case .welcome = frame { hasWelcomed = true }
                sent.append(frame)
            case .load(let load):
                try BrokenLaw.check(!loads.contains { $0.kind == load.kind }, "two loads of one kind at once")
                loads.append(load)
            case .commit(let payload):
                commits.append(payload)
                let cost = commits.reduce(0) { $0 + $1.cost }
                try BrokenLaw.check(cost <= SyncLimits.windowBytesMin, "more under way than the window")
            case .introduce, .acceptFullFrames, .reportFork, .reportRegression: break
            case .close: hasEnded = true
            }
        }
    }

    /// A load, or some of the segments that wait, as the writer of a hub takes them.
    private mutating func answer(_ bits: UInt8) throws(BrokenLaw) {
        if !commits.isEmpty, loads.isEmpty || bits & 16 != 0 {
            let some = commits.prefix(1 + Int(bits >> 5))
            commits.removeFirst(some.count)
            try run(session.receive(.committed(some.map { RigFacts.outcome($0, bits) })))
        } else if !loads.isEmpty {
            try run(session.receive(.loaded(loaded(loads.removeFirst(), bits))))
        }
    }

    private func loaded(_ load: HubLoad, _ bits: UInt8) -> HubLoaded {
        switch load {
        case .standing(let query): .standing(standing(query), clock: 2_000)
        case .held(let queries):
            .held(
                queries.map { query in
                    HeldOrigin(origin: query.origin, ranges: .init(1...4), atHQ: .init(2...3), hash: hash)
                })
        case .chainHashes(let probe):
            .chainHashes(
                ChainHashes(
                    origin: probe.origin, end: bits & 1 == 0 ? 4 : 0,
                    hashes: probe.sequences.map { $0 <= 4 && bits & 2 == 0 ? hash : nil }))
        case .newName: .newName
        case .feed(let scope, let after, _, _): .feed(scope, feed(after, bits))
        case .snapshot(let scope, let after, _): .snapshot(scope, snapshot(after, bits))
        case .compare(let scope, let ranges): .compared(scope, position: HubRig.end, parts: parts(ranges, bits))
        case .states(let scope, let documents, _, _):
            .states(scope, answered: 1 + Int(bits) % documents.count, bytes: [UInt8](repeating: 4, count: 30))
        }
    }

    private var hash: ChainHash? {
        options & 64 == 0 ? RigFacts.hash : ChainHash([UInt8](repeating: 8, count: SyncLimits.hashBytes))
    }

    private func standing(_ query: StandingQuery) -> Standing {
        let lower = min(query.head, 4)
        return Standing(
            held: query.replica == RigFacts.child ? .init(1...4) : SequenceRanges(), heldAtHQ: SequenceRanges(),
            shared: lower == 0 ? nil : hash.map { ChainPoint(sequence: lower, hash: $0) }, receiptMark: 5,
            scopes: query.subscriptions.map { subscription in
                guard RigFacts.scopes.contains(subscription.scope) else { return .unknown }
                guard case .feed(let position) = subscription.cursor else {
                    return .known(end: HubRig.end, usable: false)
                }
                if position == HubRig.end, options & 128 != 0 { return .differs(end: position) }
                return .known(end: HubRig.end, usable: position <= HubRig.end)
            })
    }

    /// Like a store's: a cursor beyond the end belongs to another life of the hub.
    private func feed(_ after: FeedPosition, _ bits: UInt8) -> FeedPage {
        if bits & 7 == 7 { return .unknownScope }
        guard after <= HubRig.end, bits & 7 != 6 else { return .compacted }
        guard after < HubRig.end else { return .items([], reached: after, isAtEnd: true) }
        let reached = bits & 1 == 0 ? HubRig.end : after + 1
        let number = Sequence32(reached)
        let item =
            switch bits >> 3 & 3 {
            case 1: FeedItem(position: reached, .grant([UInt8](repeating: 6, count: 40)))
            case 2: FeedItem(position: reached, .revoke([UInt8](repeating: 7, count: 20)))
            default: FeedItem(position: reached, payload: RigFacts.payload(RigFacts.relayed, number...number))
            }
        return .items([item], reached: reached, isAtEnd: reached == HubRig.end)
    }

    /// The ranges again, or one document of each.
    private func parts(_ ranges: [RangeDigest], _ bits: UInt8) -> [ComparedPart] {
        guard let key = DocumentKey([UInt8](repeating: 5, count: SyncLimits.documentKeyBytes)) else { return [] }
        return ranges.map { range in
            guard bits & 1 == 0, let one = KeyRange(key, nil), range.range.contains(one) else {
                return .narrower(range)
            }
            let digest = Digest256(words: (0, 0, 0, UInt64(bits & 2)))
            return .documents(one, [DocumentDigest(key, digest)])
        }
    }

    private func snapshot(_ after: SnapshotCursor?, _ bits: UInt8) -> SnapshotPage {
        if bits & 7 == 7 { return .unknownScope }
        let place = after?.bytes.first ?? 0
        let next = place < 2 ? SnapshotCursor([place + 1]) : nil
        return .chunk(
            SnapshotChunk(bytes: [UInt8](repeating: 3, count: 50), next: next), position: HubRig.end, documents: 3)
    }
}

extension HubLoad {
    /// Which of them it is.
    fileprivate var kind: Int {
        switch self {
        case .standing: 0
        case .held: 1
        case .feed: 2
        case .snapshot: 3
        case .compare: 4
        case .states: 5
        case .chainHashes: 6
        case .newName: 7
        }
    }
}
