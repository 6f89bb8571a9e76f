import HybridTime

/// Ranges of an origin that a parent lacks of an offer.
public struct WantedOrigin: Hashable, Sendable {
    public let origin: ReplicaID
    /// Not empty in a frame.
    public let ranges: SequenceRanges
    /// The origin's chain as far as the parent knows it, where that is below what was offered; the child compares.
    public let known: ChainPoint?

    public init(origin: ReplicaID, ranges: SequenceRanges, known: ChainPoint? = nil) {
        self.origin = origin
        self.ranges = ranges
        self.known = known
    }
}

/// A question for the hashes of an origin's chain.
public struct ChainProbe: Hashable, Sendable {
    public let origin: ReplicaID
    /// Ascending, 1 to ``SyncLimits/probesMax`` of them.
    public let sequences: [Sequence32]

    public init(origin: ReplicaID, sequences: [Sequence32]) {
        precondition((1...SyncLimits.probesMax).contains(sequences.count), "a probe asks for 1 to 64 hashes")
        self.origin = origin
        self.sequences = sequences
    }
}

/// The answer to a probe.
public struct ChainHashes: Hashable, Sendable {
    public let origin: ReplicaID
    /// The greatest sequence whose hash the parent knows; 0 for none.
    public let end: Sequence32
    /// One for each sequence of the probe, nil where the parent does not know it.
    public let hashes: [ChainHash?]

    public init(origin: ReplicaID, end: Sequence32, hashes: [ChainHash?]) {
        precondition(hashes.count <= SyncLimits.probesMax, "a probe asks for 1 to 64 hashes")
        self.origin = origin
        self.end = end
        self.hashes = hashes
    }
}

/// Two histories under one name, as a meeting found them.
public struct Fork: Hashable, Sendable {
    public let origin: ReplicaID
    /// Where they were seen to differ; they may have parted before.
    public let sequence: Sequence32
    /// The hashes at that sequence; nil where a side has none there.
    public let ours: ChainHash?
    public let theirs: ChainHash?

    public init(origin: ReplicaID, sequence: Sequence32, ours: ChainHash?, theirs: ChainHash?) {
        self.origin = origin
        self.sequence = sequence
        self.ours = ours
        self.theirs = theirs
    }
}

/// Where this side's history of an origin and its parent's part: what probes found.
public struct Divergence: Hashable, Sendable {
    public let origin: ReplicaID
    /// The greatest sequence up to which both are the same.
    public let shared: Sequence32
    /// How far this side's history goes.
    public let head: Sequence32
    /// How far the parent's goes, as far as it knows the hashes.
    public let parentEnd: Sequence32
    /// Whether the sequence after ``shared`` was seen to differ, so that the place is certain.
    public let isCertain: Bool
    /// The parent's hash of the sequence after ``shared``, where that was seen to differ.
    public let parentHash: ChainHash?

    public init(
        origin: ReplicaID, shared: Sequence32, head: Sequence32, parentEnd: Sequence32, isCertain: Bool,
        parentHash: ChainHash? = nil
    ) {
        self.origin = origin
        self.shared = shared
        self.head = head
        self.parentEnd = parentEnd
        self.isCertain = isCertain
        self.parentHash = parentHash
    }

    /// Whether this side's history is the beginning of the parent's: an older state was put back here.
    public var isPrefix: Bool { shared == head }
}

/// The search for the place where two chains of one origin part: up to the place their hashes are equal, after it they
/// differ. Each round asks for as many hashes as a probe holds.
struct ChainSearch: Hashable {
    let origin: ReplicaID
    let head: Sequence32
    /// Equal up to here.
    private(set) var low: Sequence32 = 0
    /// Different from here on, or beyond what the parent knows.
    private(set) var high: UInt64
    private(set) var differs = false
    /// The parent's hash at `high`, where that was seen to differ.
    private(set) var theirs: ChainHash?
    private(set) var parentEnd: Sequence32 = 0
    var asked: [Sequence32] = []
    var own: [ChainHash?] = []

    init(origin: ReplicaID, head: Sequence32) {
        self.origin = origin
        self.head = head
        high = UInt64(head) + 1
    }

    /// What to ask next, evenly spread; empty where nothing is left between.
    var next: [Sequence32] {
        let first = UInt64(low) + 1
        guard high > first else { return [] }
        let count = high - first
        let probes = min(count, UInt64(SyncLimits.probesMax))
        return (1...probes).map { Sequence32(first + count * $0 / probes - 1) }
    }

    /// - Returns: whether the place is closer now.
    mutating func take(_ answer: ChainHashes) -> Bool {
        let before = (low, high)
        parentEnd = answer.end
        if high > UInt64(answer.end) + 1 { (high, self.theirs) = (UInt64(answer.end) + 1, nil) }
        for ((sequence, ours), theirs) in zip(zip(asked, own), answer.hashes) where UInt64(sequence) < high {
            guard let ours, let theirs else { continue }
            if ours == theirs {
                low = max(low, sequence)
            } else {
                high = UInt64(sequence)
                differs = true
                self.theirs = theirs
            }
        }
        return (low, high) != before
    }

    var result: Divergence {
        Divergence(
            origin: origin, shared: low, head: head, parentEnd: parentEnd,
            isCertain: UInt64(low) + 1 == high && (differs || low == head),
            parentHash: UInt64(low) + 1 == high ? theirs : nil)
    }
}
