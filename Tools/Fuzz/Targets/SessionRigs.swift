import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol

/// What both rigs take for granted.
enum RigFacts {
    static let child = ReplicaID(1)
    static let relayed = ReplicaID(2)
    static let lineage = HubLineage(hub: ReplicaID(9), epoch: 1)
    static let scopes = ["org", "site"].compactMap(ScopeName.init)
    static let hash = ChainHash([UInt8](repeating: 7, count: SyncLimits.hashBytes))
    static let head: Sequence32 = 9

    static var organisation: OrganisationID {
        guard let value = OrganisationID([UInt8](repeating: 7, count: SyncLimits.organisationBytes)) else {
            preconditionFailure("an organisation's name has sixteen bytes")
        }
        return value
    }

    static func payload(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>) -> SegmentPayload {
        SegmentPayload(
            origin: origin, first: range.lowerBound, last: range.upperBound, bytes: [UInt8](repeating: 1, count: 40))
    }

    /// What became of a segment, by two bits.
    static func outcome(_ payload: SegmentPayload, _ bits: UInt8) -> SegmentOutcome {
        switch bits & 3 {
        case 1: SegmentOutcome(payload, .duplicate)
        case 2: SegmentOutcome(payload, .quarantined(reason: "planted"))
        case 3: SegmentOutcome(payload, .refused(code: .malformedFrame, reason: "planted"))
        default: SegmentOutcome(payload, .stored)
        }
    }
}

/// A child's machine over a store that answers honestly, with any peer.
struct ChildRig {
    private var session: ReplicaSession
    private let options: UInt8
    private var work: [ReplicaAction] = []
    private var sent: [SyncFrame] = []
    private var laws = SentFrames()
    private(set) var hasEnded = false
    private(set) var wasWelcomed = false

    /// - Parameter options: 1 live, 2 a lineage that is known, 4 a feed cursor, 8 nothing written so far.
    init(options: UInt8) {
        self.options = options
        session = ReplicaSession(configuration: .init(wantsLive: options & 1 != 0))
    }

    var isQuiet: Bool { work.isEmpty }

    mutating func start() throws(BrokenLaw) { try run(session.receive(.connected(clock: 1_000))) }

    mutating func takeSent() -> [SyncFrame] {
        defer { sent = [] }
        return sent
    }

    mutating func take(_ step: SessionStep) throws(BrokenLaw) {
        switch step {
        case .frame(let frame):
            grant(frame)
            try run(session.receive(.received(frame)))
        case .storage(let bits): try answer(bits)
        case .heartbeat(let traffic): try run(session.receive(.heartbeat(traffic)))
        case .other(let bits):
            switch bits % 8 {
            case 0: try run(session.receive(.stopRequested))
            case 1: try run(session.receive(.disconnected))
            case 2 where !work.isEmpty: try run(session.receive(.storageFailed(StorageFailure("planted"))))
            case 3: try run(session.receive(.malformed(DecodingFailure(.truncated, offset: 0, "planted"))))
            default: try run(session.receive(.localChanged))
            }
        }
    }

    /// Lets the store answer all that it was asked.
    mutating func settle() throws(BrokenLaw) {
        for _ in 0..<64 where !work.isEmpty { try answer(0) }
    }

    private mutating func grant(_ frame: SyncFrame) {
        switch frame {
        case .welcome(let welcome): laws.granted(welcome.creditBytes)
        case .credit(let bytes): laws.granted(bytes)
        default: break
        }
    }

    private mutating func run(_ actions: [ReplicaAction]) throws(BrokenLaw) {
        for action in actions {
            try BrokenLaw.check(!hasEnded, "it does something after it has closed")
            switch action {
            case .send(let frame):
                try laws.sent(frame)
                sent.append(frame)
            case .load: work.append(action)
            case .commit:
                try BrokenLaw.check(
                    !work.contains { if case .commit = $0 { true } else { false } }, "two commits at once")
                work.append(action)
            case .report(.welcomed): wasWelcomed = true
            case .report: break
            case .close: hasEnded = true
            }
        }
    }

    private mutating func answer(_ bits: UInt8) throws(BrokenLaw) {
        guard !work.isEmpty else { return }
        switch work.remove(at: Int(bits >> 4) % work.count) {
        case .load(let load): try run(session.receive(.loaded(loaded(load, bits))))
        case .commit(let commits):
            var outcomes: [SegmentOutcome] = []
            for case .feed(_, _, _, let payload) in commits {
                let outcome = RigFacts.outcome(payload, bits)
                outcomes.append(outcome)
                if !outcome.isDurable { break }
            }
            try run(session.receive(.committed(outcomes)))
        case .send, .report, .close: break
        }
    }

    private var head: ChainPoint? {
        guard options & 8 == 0, let hash = RigFacts.hash else { return nil }
        return ChainPoint(sequence: RigFacts.head, hash: hash)
    }

    private var memory: ParentMemory {
        ParentMemory(
            subscriptions: RigFacts.scopes.map { scope in
                Subscription(scope: scope, cursor: options & 6 == 6 ? .feed(10) : .none)
            }, receiptedAtHub: options & 2 == 0 ? 0 : 3, receiptedAtHQ: 0, receiptMark: 4)
    }

    private func loaded(_ load: ReplicaLoad, _ bits: UInt8) -> ReplicaLoaded {
        switch load {
        case .greeting:
            return .greeting(
                Greeting(
                    organisation: RigFacts.organisation, replica: RigFacts.child, role: "desk", device: "rig",
                    isHub: options & 16 != 0, head: head, lineage: options & 2 == 0 ? nil : RigFacts.lineage,
                    memory: memory))
        case .memory: return .memory(memory)
        case .chainHashes(_, let sequences):
            return .chainHashes(sequences.map { _ in bits & 1 == 0 ? RigFacts.hash : nil })
        case .unsent:
            var ranges = SequenceRanges()
            ranges.insert(2...3)
            ranges.insert(6...8)
            let own = OfferedOrigin(
                origin: RigFacts.child, ranges: .init(1...RigFacts.head), hash: RigFacts.hash)
            let relayed = OfferedOrigin(origin: RigFacts.relayed, ranges: ranges, hash: nil)
            return .unsent(head == nil ? [relayed] : [own, relayed])
        case .scopeDigest: return .scopeDigest(.zero)
        case .findings(_, let parts): return .findings(findings(parts))
        case .wanted: return .wanted([])
        case .segment(let origin, let range):
            if bits & 3 == 3 { return .segment(nil) }
            let last = bits & 1 == 0 ? range.upperBound : range.lowerBound
            return .segment(RigFacts.payload(origin, range.lowerBound...last))
        }
    }

    /// Whatever the parent tells of is narrowed down, or wanted where its digest is not zero.
    private func findings(_ parts: [ComparedPart]) -> ComparedFindings {
        var findings = ComparedFindings()
        for part in parts {
            switch part {
            case .narrower(let range): findings.ranges.append(range)
            case .documents(_, let documents):
                for document in documents {
                    if document.digest == .zero {
                        findings.onlyHere.append(document.key)
                    } else {
                        findings.wanted.append(document.key)
                    }
                }
            }
        }
        return findings
    }
}
