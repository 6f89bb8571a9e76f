import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol

/// A replica's store in memory, small and plain: the contract that sessions expect of the real one. A change set is
/// some bytes that its dot determines (and a salt, so that forks can be made); each belongs to one scope.
public struct MemoryStore: Sendable {
    public struct FeedEntry: Sendable {
        public let origin: ReplicaID
        public let range: ClosedRange<Sequence32>
    }

    public let organisation: OrganisationID
    public let replica: ReplicaID
    public var epoch: UInt64 = 1
    public var isHub = false
    public var isHeadquarters = false
    public var scopes: [ScopeName]
    /// Makes other change sets under the same dots.
    public var salt: UInt8 = 0
    /// The most change sets that this store puts into one segment, and documents into one chunk.
    public var segmentChangeSetsMax = 5
    public var chunkDocumentsMax = 6
    /// How long a change set is, at least.
    public var changeSetBytes = 24
    public var quarantined: Set<Dot> = []
    public var refused: Set<Dot> = []

    public private(set) var journal: [ReplicaID: [Sequence32: [UInt8]]] = [:]
    public private(set) var held: [ReplicaID: SequenceRanges] = [:]
    /// What a snapshot brought: covered, not held.
    public private(set) var restored: Set<Dot> = []
    public private(set) var atHQ: [ReplicaID: SequenceRanges] = [:]
    public private(set) var receipted: [HubLineage: [ReplicaID: SequenceRanges]] = [:]
    public private(set) var cursors: [HubLineage: [ScopeName: PullCursor]] = [:]
    public private(set) var marks: [HubLineage: UInt64] = [:]
    public private(set) var lastLineage: HubLineage?
    public private(set) var ownMark: UInt64 = 1
    /// The life of headquarters that `atHQ` speaks of.
    public private(set) var headquarters: HubLineage?
    public private(set) var feeds: [ScopeName: [FeedEntry]] = [:]
    public private(set) var feedStart: [ScopeName: FeedPosition] = [:]
    public private(set) var notes: [ReceiptNote] = []
    /// Change sets that came although they were held.
    public private(set) var repeats = 0
    public private(set) var segmentCommits = 0

    public init(_ replica: UInt64, organisation: UInt8 = 7, scopes: [String] = ["org"]) {
        guard let organisation = OrganisationID(Array(repeating: organisation, count: 16)) else {
            preconditionFailure("sixteen bytes")
        }
        self.organisation = organisation
        self.replica = ReplicaID(replica)
        self.scopes = scopes.compactMap(ScopeName.init)
    }

    /// Makes this store a hub's.
    public static func hub(
        _ replica: UInt64, headquarters: Bool = true, organisation: UInt8 = 7, scopes: [String] = ["org"]
    ) -> MemoryStore {
        var store = MemoryStore(replica, organisation: organisation, scopes: scopes)
        store.isHub = true
        store.isHeadquarters = headquarters
        return store
    }

    public var lineage: HubLineage { HubLineage(hub: replica, epoch: epoch) }
    public var identity: HubIdentity {
        HubIdentity(organisation: organisation, lineage: lineage, name: "hub", isHeadquarters: isHeadquarters)
    }
    public var head: Sequence32 { held[replica]?.contiguousEnd ?? 0 }
    /// Every dot that is held or restored, sorted.
    public var covered: [Dot] {
        var dots = restored
        for (origin, ranges) in held {
            for range in ranges.ranges { for sequence in range { dots.insert(Dot(origin, sequence)) } }
        }
        return dots.sorted()
    }

    /// Writes so many own change sets.
    public mutating func write(_ count: Int) {
        for _ in 0..<count {
            let sequence = head + 1
            insert(replica, sequence, contents(Dot(replica, sequence)))
        }
    }

    /// Takes a new epoch, as a hub does that finds that an older state of it was put back.
    public mutating func takeNewLife(insteadOf hub: ReplicaID) { if hub == replica { epoch += 1 } }

    /// Drops the feed up to a position, so that older cursors are of no use.
    public mutating func compact(_ scope: ScopeName, to position: FeedPosition) { feedStart[scope] = position }

    /// Puts change sets of another origin into the journal, as if a relay had brought them.
    public mutating func adopt(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>) {
        for sequence in range { insert(origin, sequence, contents(Dot(origin, sequence))) }
    }

    public func contents(_ dot: Dot) -> [UInt8] {
        var random = SeededRandom(dot.origin.bits &* 31 &+ UInt64(dot.sequence) &+ UInt64(salt) << 56)
        let count = changeSetBytes + Int(random.next() % 17)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    func scope(of dot: Dot) -> ScopeName? {
        scopes.isEmpty ? nil : scopes[Int((dot.sequence / 4) % UInt32(scopes.count))]
    }

    /// Journals one change set and lets it enter its scope's feed.
    mutating func insert(_ origin: ReplicaID, _ sequence: Sequence32, _ bytes: [UInt8]) {
        journal[origin, default: [:]][sequence] = bytes
        held[origin, default: SequenceRanges()].insert(sequence...sequence)
        if isHeadquarters { atHQ[origin, default: SequenceRanges()].insert(sequence...sequence) }
        guard isHub, let scope = scope(of: Dot(origin, sequence)) else { return }
        feeds[scope, default: []].append(FeedEntry(origin: origin, range: sequence...sequence))
    }

    /// The chain's hash, where all before it is held.
    public func hash(of origin: ReplicaID, at sequence: Sequence32) -> ChainHash? {
        guard sequence >= 1, held[origin]?.contiguousEnd ?? 0 >= sequence else { return nil }
        var lanes: [UInt64] = [1, 2, 3, 4]
        for number in 1...sequence {
            for byte in journal[origin]?[number] ?? [] {
                for lane in 0..<4 { lanes[lane] = (lanes[lane] ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            }
        }
        var writer = ByteWriter()
        for lane in lanes { writer.fixed64(lane) }
        return ChainHash(writer.bytes)
    }
}

extension MemoryStore {
    mutating func note(_ lineage: HubLineage) { lastLineage = lineage }

    mutating func keep(_ commit: ReceiptCommit) {
        note(commit.lineage)
        if let other = commit.headquarters, other != headquarters {
            if headquarters != nil { atHQ = [:] }
            headquarters = other
        }
        for entry in commit.atHub + commit.atHQ {
            receipted[commit.lineage, default: [:]][entry.origin, default: SequenceRanges()].formUnion(entry.ranges)
        }
        for entry in commit.atHQ where !entry.ranges.subtracting(atHQ[entry.origin] ?? SequenceRanges()).isEmpty {
            atHQ[entry.origin, default: SequenceRanges()].formUnion(entry.ranges)
            ownMark += 1
        }
        for entry in commit.lostByHub {
            let left = receipted[commit.lineage]?[entry.origin]?.subtracting(entry.ranges)
            receipted[commit.lineage]?[entry.origin] = left
        }
        notes += commit.notes
        if let mark = commit.receiptMark { marks[commit.lineage] = mark }
    }

    mutating func set(_ cursor: PullCursor, _ scope: ScopeName, _ lineage: HubLineage) {
        note(lineage)
        cursors[lineage, default: [:]][scope] = cursor
    }

    mutating func restore(_ dots: [Dot]) { restored.formUnion(dots) }

    /// Journals a segment whole or not at all.
    mutating func take(_ payload: SegmentPayload) -> SegmentOutcome {
        segmentCommits += 1
        let dots = payload.range.map { Dot(payload.origin, $0) }
        if dots.contains(where: refused.contains) {
            return SegmentOutcome(payload, .refused(code: .limitExceeded, reason: "planted"))
        }
        guard let parts = MemoryStore.split(payload) else {
            return SegmentOutcome(payload, .refused(code: .malformedFrame, reason: "no segment"))
        }
        var isNew = false
        for (dot, bytes) in zip(dots, parts) {
            if held[dot.origin]?.contains(dot.sequence) == true {
                repeats += 1
            } else {
                insert(dot.origin, dot.sequence, bytes)
                isNew = true
            }
        }
        if dots.contains(where: quarantined.contains) {
            return SegmentOutcome(payload, .quarantined(reason: "planted"))
        }
        return SegmentOutcome(payload, isNew ? .stored : .duplicate)
    }

    static func split(_ payload: SegmentPayload) -> [[UInt8]]? {
        var reader = ByteReader(payload.bytes)
        var parts: [[UInt8]] = []
        do {
            while !reader.isAtEnd { parts.append(Array(try reader.block(limit: 1 << 20, "change set"))) }
        } catch {
            return nil
        }
        return parts.count == payload.changeSets ? parts : nil
    }

    /// A run from the range's start, as long as the limits allow.
    public func segment(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>) -> SegmentPayload? {
        var writer = ByteWriter()
        var last = range.lowerBound
        for sequence in range.prefix(segmentChangeSetsMax) {
            guard let bytes = journal[origin]?[sequence] else { break }
            if writer.count + bytes.count + 5 > SyncLimits.segmentBytesMax { break }
            writer.block(bytes)
            last = sequence
        }
        guard writer.count > 0 else { return nil }
        return SegmentPayload(origin: origin, first: range.lowerBound, last: last, bytes: writer.bytes)
    }
}
