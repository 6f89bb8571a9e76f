import HybridTime

/// One message of a session. On the wire: a varint length, a type byte, a body (Protocol/sync.md, "Frames").
public enum SyncFrame: Hashable, Sendable {
    /// Child to parent, first.
    case hello(Hello)
    /// Parent to child, in answer to hello.
    case welcome(Welcome)
    /// Child to parent: what it could send. One at a time; the next one after the want.
    case offer([OfferedOrigin])
    /// Parent to child, in answer to each offer: what it lacks of it; often empty.
    case want([WantedOrigin])
    /// Child to parent, against credit.
    case segment(SegmentPayload)
    /// Parent to child, after the commit.
    case receipt(Receipt)
    /// Child to parent: asks for a scope from a cursor on and adds to the parent's credit.
    case pull(scope: ScopeName, cursor: PullCursor, creditBytes: Int)
    /// Parent to child, against credit: a segment and the cursor after it.
    case feed(scope: ScopeName, position: FeedPosition, payload: SegmentPayload)
    /// Parent to child: nothing more up to this cursor.
    case feedEnd(scope: ScopeName, position: FeedPosition)
    /// Parent to child: a snapshot starts or goes on; the feed after it starts at the position.
    case snapshotBegin(scope: ScopeName, position: FeedPosition, documents: UInt64)
    /// Parent to child, against credit. The index counts from 0 in each session.
    case snapshotChunk(scope: ScopeName, index: UInt64, chunk: SnapshotChunk)
    /// Parent to child: the chunk before was the last; the feed follows.
    case snapshotEnd(scope: ScopeName)
    /// Either way: so many more bytes of payload may come.
    case credit(bytes: Int)
    case ping(UInt64)
    case pong(UInt64)
    case error(SyncError)
    /// Child to parent: all is done, close.
    case bye
    /// Child to parent: these ranges of a scope, as the child has them. One at a time; the next one after the differences.
    case compare(scope: ScopeName, ranges: [RangeDigest])
    /// Parent to child, in answer to each compare: where it differs, and its feed's end when it looked.
    case differences(scope: ScopeName, position: FeedPosition, parts: [ComparedPart])
    /// Child to parent: the states of these documents, and so much more credit. One at a time; the next one after the
    /// states.
    case fetch(scope: ScopeName, documents: [DocumentKey], creditBytes: Int)
    /// Parent to child, in answer to each fetch, against credit: states of the first `answered` of the documents asked
    /// for, as far as it has them, in the form of a snapshot chunk; empty where it has none of them.
    case states(scope: ScopeName, answered: Int, bytes: [UInt8])
    /// Child to parent: which hashes of an origin's chain it knows; at most one that is not answered.
    case probe(ChainProbe)
    /// Parent to child, in answer to each probe.
    case hashes(ChainHashes)
    /// Parent to child, against credit: documents that entered the scope, or whose state came to the hub, as a snapshot
    /// chunk, and the cursor after them.
    case grant(scope: ScopeName, position: FeedPosition, bytes: [UInt8])
    /// Parent to child, against credit: documents that are in none of the child's scopes any more, each reduced to its
    /// context and its scopes, as a snapshot chunk, and the cursor after them.
    case revoke(scope: ScopeName, position: FeedPosition, bytes: [UInt8])
}

/// The type bytes of the frames that this version speaks.
enum FrameType: UInt8 {
    case hello = 1
    case welcome = 2
    case offer = 3
    case want = 4
    case segment = 5
    case receipt = 6
    case pull = 7
    case feed = 8
    case feedEnd = 9
    case snapshotBegin = 10
    case snapshotChunk = 11
    case snapshotEnd = 12
    case credit = 13
    case ping = 14
    case pong = 15
    case error = 16
    case bye = 17
    case compare = 32
    case differences = 33
    case fetch = 34
    case grant = 35
    case revoke = 36
    case states = 37
    case probe = 39
    case hashes = 40
}

extension SyncFrame {
    /// The byte that names the frame's type on the wire.
    public var typeByte: UInt8 { type.rawValue }

    private var type: FrameType {
        switch self {
        case .hello: .hello
        case .welcome: .welcome
        case .offer: .offer
        case .want: .want
        case .segment: .segment
        case .receipt: .receipt
        case .pull: .pull
        case .feed: .feed
        case .feedEnd: .feedEnd
        case .snapshotBegin: .snapshotBegin
        case .snapshotChunk: .snapshotChunk
        case .snapshotEnd: .snapshotEnd
        case .credit: .credit
        case .ping: .ping
        case .pong: .pong
        case .error: .error
        case .probe: .probe
        case .hashes: .hashes
        case .bye: .bye
        case .compare: .compare
        case .differences: .differences
        case .fetch: .fetch
        case .states: .states
        case .grant: .grant
        case .revoke: .revoke
        }
    }

    /// A word for logs and errors.
    public var name: String { String(describing: type) }
}
