import ByteCoding
import ChangeSets
import HubLogic
import HybridTime
import Merging
import SyncProtocol
import SyncTestSupport

/// The codecs that all stores of a run share, as those of one process do. What the same bytes hold is decoded once: every
/// node of an organisation gets the same segments.
public final class Codecs {
    let segment = SegmentCodec()
    let snapshot = SnapshotCodec()
    private var decoded: [[UInt8]: Segment] = [:]
    private static let decodedMax = 2_048

    public init() {}

    func decode(_ bytes: [UInt8]) throws(DecodingFailure) -> Segment {
        if let known = decoded[bytes] { return known }
        let made = try segment.decode(bytes[...])
        if decoded.count == Codecs.decodedMax { decoded.removeAll(keepingCapacity: true) }
        decoded[bytes] = made
        return made
    }
}

/// A replica's store in memory over the real merge, the real segments and the real chain, written apart from the one on
/// SQLite: where the two differ, one of them is wrong.
public final class MemoryReplica: SimulatedStore {
    /// A stored segment: bytes as they came, and what they hold.
    struct Stored {
        let range: ClosedRange<Sequence32>
        let bytes: [UInt8]
        let sets: [ChangeSet]
    }

    /// What is kept of one origin.
    struct OriginLog {
        var held = SequenceRanges()
        /// Ascending; they do not overlap.
        var segments: [Stored] = []
        /// The chain's heads, from the first change set on without a gap.
        var heads: [Digest256] = []
    }

    struct FeedEntry {
        let origin: ReplicaID
        let range: ClosedRange<Sequence32>
    }

    public struct Configuration {
        public var organisation: OrganisationID
        public var replica: ReplicaID
        public var name: String
        public var isHub: Bool
        public var isHeadquarters: Bool
        public var schema: Schema
        /// How many change sets go into one segment and documents into one chunk, at most.
        public var segmentChangeSetsMax = 4_096
        public var chunkDocumentsMax = 512
    }

    static let scopes = [ScopeName("org")].compactMap { $0 }

    let configuration: Configuration
    let codecs: Codecs
    var codec: SegmentCodec { codecs.segment }
    var chain: HashChain
    var salts: SeededRandom

    var states: [RecordName: DocumentState] = [:]
    var names: [RecordName] = []
    var namesAreSorted = true
    var logs: [ReplicaID: OriginLog] = [:]
    /// Own change sets that are in no segment yet.
    var tail: [ChangeSet] = []
    var parkedSets: [RecordName: [Dot]] = [:]
    var isolated: [Dot: String] = [:]
    /// Origins whose chain waits for a document's salt.
    var stalledChains: Set<ReplicaID> = []
    var feed: [FeedEntry] = []
    /// Where the feed ended when the commit under way began.
    var feedMark = 0
    var feedFloor = 0
    var feedIsBehind = false
    var segmentsStored: UInt64 = 0

    var receipted: [HubLineage: [ReplicaID: SequenceRanges]] = [:]
    var reached: [ReplicaID: SequenceRanges] = [:]
    var cursors: [HubLineage: PullCursor] = [:]
    var marks: [HubLineage: UInt64] = [:]
    var lastLineage: HubLineage?
    /// The life of headquarters that ``reached`` speaks of.
    var headquarters: HubLineage?

    var news = StoreNews()
    public var failingCommits = 0
    public var cutInNextCommit = false

    public init(_ configuration: Configuration, codecs: Codecs, digesting: Digesting, salts: SeededRandom) {
        self.configuration = configuration
        self.codecs = codecs
        chain = HashChain(digesting)
        self.salts = salts
    }

    public var replica: ReplicaID { configuration.replica }

    public func takeNews() -> StoreNews {
        defer { news = StoreNews() }
        return news
    }

    public func crash() {}

    /// Every commit passes here: a full disk refuses it whole, and the power may go before it or after it.
    func committing<Result>(_ body: () throws(SimulatedFailure) -> Result) throws(SimulatedFailure) -> Result {
        if cutInNextCommit {
            cutInNextCommit = false
            if salts.next() % 2 == 0 { _ = try body() }
            throw .powerCut
        }
        guard failingCommits > 0 else { return try body() }
        failingCommits -= 1
        throw .disk("the disk is full")
    }

    // MARK: Looking

    public func context(of document: RecordName) -> Context { states[document]?.context ?? .empty }
    public func contexts(of documents: [RecordName]) -> [Context] { documents.map(context) }
    public func allStates() -> [DocumentState] { documents().compactMap { states[$0] } }
    public func state(of document: RecordName) -> DocumentState? { states[document] }

    func documents() -> [RecordName] {
        if !namesAreSorted { names.sort() }
        namesAreSorted = true
        return names
    }

    var head: Sequence32 { Sequence32(logs[replica]?.heads.count ?? 0) }

    public func held(_ origin: ReplicaID) -> SequenceRanges {
        var ranges = logs[origin]?.held ?? SequenceRanges()
        if origin == replica, let first = tail.first, let last = tail.last {
            ranges.insert(first.dot.sequence...last.dot.sequence)
        }
        return ranges
    }

    public func chainHash(_ origin: ReplicaID, at sequence: Sequence32) -> ChainHash? {
        guard sequence >= 1, let heads = logs[origin]?.heads, heads.count >= sequence else { return nil }
        return ChainHash(heads[Int(sequence) - 1].bytes)
    }

    public func parked() -> [Dot] { parkedSets.values.flatMap { $0 }.sorted() }
    public func quarantined() -> [Dot] { isolated.keys.sorted() }

    public func journal(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>) -> [ChangeSet] {
        range.compactMap { changeSet(Dot(origin, $0)) }
    }

    public func flaws() -> [String] { [] }

    func changeSet(_ dot: Dot) -> ChangeSet? {
        if let stored = stored(dot.origin, from: dot.sequence), stored.range.contains(dot.sequence) {
            return stored.sets[Int(dot.sequence - stored.range.lowerBound)]
        }
        guard dot.origin == replica, let first = tail.first?.dot.sequence, dot.sequence >= first else { return nil }
        let index = Int(dot.sequence - first)
        return index < tail.count ? tail[index] : nil
    }

    /// The first segment that ends at or after a sequence.
    func stored(_ origin: ReplicaID, from sequence: Sequence32) -> Stored? {
        guard let segments = logs[origin]?.segments else { return nil }
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].range.upperBound < sequence { low = middle + 1 } else { high = middle }
        }
        return low < segments.count ? segments[low] : nil
    }

    /// Part of the journal as a segment; whole segments go out as they came.
    func payload(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>) -> SegmentPayload? {
        if let stored = stored(origin, from: range.lowerBound), stored.range.contains(range.lowerBound) {
            let part = stored.range.clamped(to: range)
            if part == stored.range { return SegmentPayload(origin, part, stored.bytes) }
            let offset = Int(part.lowerBound - stored.range.lowerBound)
            let sets = Array(stored.sets[offset..<offset + part.count])
            return SegmentPayload(origin, part, codec.encode(Segment(sets)))
        }
        guard origin == replica, let first = tail.first?.dot.sequence, range.lowerBound >= first else { return nil }
        let offset = Int(range.lowerBound - first)
        let sets = tail.dropFirst(offset).prefix(min(range.count, configuration.segmentChangeSetsMax))
        guard let last = sets.last?.dot.sequence else { return nil }
        return SegmentPayload(origin, range.lowerBound...last, codec.encode(Segment(Array(sets))))
    }
}

extension SegmentPayload {
    init(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>, _ bytes: [UInt8]) {
        self.init(origin: origin, first: range.lowerBound, last: range.upperBound, bytes: bytes)
    }
}
