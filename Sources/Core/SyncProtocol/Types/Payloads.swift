import ByteCoding
import HybridTime

/// How far a reader has come in one feed of one hub: 0 is before the first entry.
public typealias FeedPosition = UInt64

/// One origin's contiguous run of change sets, as bytes that sessions carry and never read.
public struct SegmentPayload: Hashable, Sendable {
    public let origin: ReplicaID
    /// At least 1.
    public let first: Sequence32
    /// Not below ``first``.
    public let last: Sequence32
    /// 1 byte to 1 MiB.
    public let bytes: [UInt8]

    /// Traps where the run or the count of bytes is out of bounds: a store that makes such a segment has a bug.
    public init(origin: ReplicaID, first: Sequence32, last: Sequence32, bytes: [UInt8]) {
        precondition(first >= 1 && first <= last, "a segment's run starts at 1 or later and is not empty")
        precondition((1...SyncLimits.segmentBytesMax).contains(bytes.count), "a segment has 1 byte to 1 MiB")
        self.origin = origin
        self.first = first
        self.last = last
        self.bytes = bytes
    }

    public var range: ClosedRange<Sequence32> { first...last }
    /// How many change sets the run has.
    public var changeSets: Int { range.count }
    /// What the segment costs of its sender's credit, in bytes.
    public var cost: Int { bytes.count + SyncLimits.payloadOverheadBytes }
}

/// Where a snapshot goes on: the store's own key of the last document that was rendered.
public struct SnapshotCursor: Hashable, Sendable {
    /// At most 32 bytes.
    public let bytes: [UInt8]

    /// Nil where there are more than ``SyncLimits/snapshotCursorBytesMax`` bytes.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count <= SyncLimits.snapshotCursorBytesMax else { return nil }
        self.bytes = Array(bytes)
    }
}

/// A run of documents' states, as bytes that sessions carry and never read.
public struct SnapshotChunk: Hashable, Sendable {
    /// At most 1 MiB; empty where a scope holds no document.
    public let bytes: [UInt8]
    /// Where the next chunk starts, or nil after the last one.
    public let next: SnapshotCursor?

    /// Traps where there are too many bytes: a store that makes such a chunk has a bug.
    public init(bytes: [UInt8], next: SnapshotCursor?) {
        precondition(bytes.count <= SyncLimits.chunkBytesMax, "a snapshot chunk has at most 1 MiB")
        self.bytes = bytes
        self.next = next
    }

    /// What the chunk costs of its sender's credit, in bytes.
    public var cost: Int { bytes.count + SyncLimits.payloadOverheadBytes }
}

/// Where a replica stands in one scope's feed.
public enum PullCursor: Hashable, Sendable {
    /// Nothing of the scope is here, or the cursor is void.
    case none
    /// Everything up to the position is here.
    case feed(FeedPosition)
    /// A snapshot was cut: it goes on after `resume`, and the feed after it from `position`.
    case bootstrap(position: FeedPosition, resume: SnapshotCursor)
}

/// A scope that a replica wants, and where it stands in it.
public struct Subscription: Hashable, Sendable {
    public let scope: ScopeName
    public let cursor: PullCursor
    /// The sum of the digests of what the child holds of the scope; nil where it has something unsent, so that a
    /// comparison would say nothing.
    public let digest: Digest256?

    public init(scope: ScopeName, cursor: PullCursor, digest: Digest256? = nil) {
        self.scope = scope
        self.cursor = cursor
        self.digest = digest
    }
}

/// Some sequences of one origin.
public struct OriginRanges: Hashable, Sendable {
    public let origin: ReplicaID
    public let ranges: SequenceRanges

    public init(origin: ReplicaID, ranges: SequenceRanges) {
        self.origin = origin
        self.ranges = ranges
    }
}

/// What a replica can send of one origin, with the chain hash at the greatest of these sequences where it knows it.
public struct OfferedOrigin: Hashable, Sendable {
    public let origin: ReplicaID
    /// Not empty.
    public let ranges: SequenceRanges
    public let hash: ChainHash?

    public init(origin: ReplicaID, ranges: SequenceRanges, hash: ChainHash?) {
        self.origin = origin
        self.ranges = ranges
        self.hash = hash
    }
}

/// What one step of a scope's feed brings.
public enum FeedContent: Hashable, Sendable {
    case segment(SegmentPayload)
    /// Documents' states as a snapshot chunk: they entered the scope, or their state came to the hub.
    case grant([UInt8])
    /// Documents that are in none of the reader's scopes any more, each reduced to its context and its scopes.
    case revoke([UInt8])

    /// What it costs of its sender's credit, in bytes.
    public var cost: Int {
        switch self {
        case .segment(let payload): payload.cost
        case .grant(let bytes), .revoke(let bytes): bytes.count + SyncLimits.payloadOverheadBytes
        }
    }
}

/// One step of a scope's feed.
public struct FeedItem: Hashable, Sendable {
    /// The reader's cursor once it has this.
    public let position: FeedPosition
    public let content: FeedContent

    public init(position: FeedPosition, _ content: FeedContent) {
        self.position = position
        self.content = content
    }

    public init(position: FeedPosition, payload: SegmentPayload) {
        self.init(position: position, .segment(payload))
    }
}
