import ByteCoding
import HybridTime
import SyncProtocol

/// Who a hub is. It does not change while the hub runs.
public struct HubIdentity: Hashable, Sendable {
    public var organisation: OrganisationID
    /// The hub's replica and the life of its feeds.
    public var lineage: HubLineage
    public var name: String
    /// Whether this hub is headquarters, so that its own commits are receipts at HQ.
    public var isHeadquarters: Bool

    public init(organisation: OrganisationID, lineage: HubLineage, name: String, isHeadquarters: Bool) {
        self.organisation = organisation
        self.lineage = lineage
        self.name = name
        self.isHeadquarters = isHeadquarters
    }
}

/// What the welcome needs to know of a child.
public struct StandingQuery: Hashable, Sendable {
    public var replica: ReplicaID
    /// The child's own head, 0 where it has written nothing.
    public var head: Sequence32
    /// The child's scopes with its cursors, which are all none where they belong to another lineage.
    public var subscriptions: [Subscription]
    /// Whether the child speaks of this life of the hub: its cursors and its word on the hub's chain then have to fit.
    public var isSameLife: Bool
    /// The hub's own chain as the child knows it, or nil.
    public var hubHead: ChainPoint?

    public init(
        replica: ReplicaID, head: Sequence32, subscriptions: [Subscription], isSameLife: Bool = false,
        hubHead: ChainPoint? = nil
    ) {
        self.replica = replica
        self.head = head
        self.subscriptions = subscriptions
        self.isSameLife = isSameLife
        self.hubHead = hubHead
    }
}

/// What a hub's store knows of a child.
public struct Standing: Hashable, Sendable {
    /// What the journal holds of the child's origin, with what was trimmed after it was at HQ.
    public var held: SequenceRanges
    public var heldAtHQ: SequenceRanges
    /// The hash at the lower of the two heads: at the query's head where that is held, else at our own greatest.
    public var shared: ChainPoint?
    /// A number that grows whenever this store learns of anything new at HQ.
    public var receiptMark: UInt64
    /// One for each of the query's subscriptions, in order. `usable` says that the feed still has all after a cursor.
    public var scopes: [ScopeStanding]
    /// Whether the child tells of positions or of hashes of the hub's own chain that this store never had, or lost: an
    /// older state of it was put back.
    public var isBehind: Bool
    /// The life of headquarters that is known here; nil for none. Headquarters itself need not say.
    public var headquarters: HubLineage?

    public init(
        held: SequenceRanges, heldAtHQ: SequenceRanges, shared: ChainPoint?, receiptMark: UInt64,
        scopes: [ScopeStanding], isBehind: Bool = false, headquarters: HubLineage? = nil
    ) {
        self.held = held
        self.heldAtHQ = heldAtHQ
        self.shared = shared
        self.receiptMark = receiptMark
        self.scopes = scopes
        self.isBehind = isBehind
        self.headquarters = headquarters
    }
}

/// Which origin to look up, and where to compare chains.
public struct HeldQuery: Hashable, Sendable {
    public var origin: ReplicaID
    /// The sequence whose chain hash is asked for.
    public var sequence: Sequence32

    public init(origin: ReplicaID, sequence: Sequence32) {
        self.origin = origin
        self.sequence = sequence
    }
}

/// What a hub's store holds of one origin.
public struct HeldOrigin: Hashable, Sendable {
    public var origin: ReplicaID
    public var ranges: SequenceRanges
    public var atHQ: SequenceRanges
    /// The chain hash at the query's sequence, where it is known.
    public var hash: ChainHash?
    /// The greatest point of the chain that is known; nil for none.
    public var head: ChainPoint?

    public init(
        origin: ReplicaID, ranges: SequenceRanges, atHQ: SequenceRanges, hash: ChainHash?, head: ChainPoint? = nil
    ) {
        self.origin = origin
        self.ranges = ranges
        self.atHQ = atHQ
        self.hash = hash
        self.head = head
    }
}

/// A part of a scope's feed.
public enum FeedPage: Hashable, Sendable {
    /// Items in order, `reached` after the last of them (and after what holds nothing for anybody). `isAtEnd` says
    /// that the feed ended there when it was read.
    case items([FeedItem], reached: FeedPosition, isAtEnd: Bool)
    /// The feed no longer reaches back to the cursor.
    case compacted
    case unknownScope
}

/// A part of a scope's snapshot.
public enum SnapshotPage: Hashable, Sendable {
    /// `position` is the feed's end when the chunk was rendered; `documents` counts the whole scope.
    case chunk(SnapshotChunk, position: FeedPosition, documents: UInt64)
    case unknownScope
}

/// What a hub's session asks its store to read. At most one of each kind is under way.
public enum HubLoad: Hashable, Sendable {
    case standing(StandingQuery)
    case held([HeldQuery])
    case chainHashes(ChainProbe)
    /// Take a new name and a new epoch, unless that was done since the hub bore this one. It rests on one child's word,
    /// which is for ``RegressionClaims`` to judge.
    case newName(insteadOf: ReplicaID, RegressionClaim)
    /// About so many bytes of items, at least one item where there is any.
    /// `within` are all scopes of the child: what left this one and is in another of them is not revoked.
    case feed(ScopeName, after: FeedPosition, bytesMax: Int, within: [ScopeName])
    case snapshot(ScopeName, after: SnapshotCursor?, bytesMax: Int)
    /// How the store differs from these ranges.
    case compare(ScopeName, [RangeDigest])
    /// The states of the first of these documents that fit into so many bytes, each first made again from the journal
    /// as far as that goes: whoever asks has found that it differs.
    /// `within` are all scopes of the child: of a document outside of them it gets no more than context and scopes.
    case states(ScopeName, [DocumentKey], bytesMax: Int, within: [ScopeName])
}

/// What the store answered.
public enum HubLoaded: Hashable, Sendable {
    /// With the hub's clock in milliseconds since 1970, read now.
    case standing(Standing, clock: Int64)
    /// One for each query, in order.
    case held([HeldOrigin])
    case chainHashes(ChainHashes)
    /// Taken, or not taken yet: the child connects again either way.
    case newName
    case feed(ScopeName, FeedPage)
    case snapshot(ScopeName, SnapshotPage)
    case compared(ScopeName, position: FeedPosition, parts: [ComparedPart])
    case states(ScopeName, answered: Int, bytes: [UInt8])
}

/// What happened to a hub's session.
public enum HubEvent: Equatable, Sendable {
    case received(SyncFrame)
    /// The peer's bytes were no frame.
    case malformed(DecodingFailure)
    case loaded(HubLoaded)
    /// Some of this session's segments are on disk or refused, in the order in which they were handed over.
    case committed([SegmentOutcome])
    case storageFailed(StorageFailure)
    /// The scope's feed has new entries.
    case feedAdvanced(ScopeName)
    /// The hub learnt that these are at HQ.
    case reachedHQ([OriginRanges])
    /// ``SyncTimes/heartbeatMilliseconds`` have passed.
    case heartbeat(Traffic)
    /// The session is to end with this error, such as `shutting-down` or `hub-busy`.
    case stopRequested(SyncError)
    case disconnected
}

/// What a hub's session wants done.
public enum HubAction: Equatable, Sendable {
    case send(SyncFrame)
    case load(HubLoad)
    /// Hand the segment to the writer that all sessions share. Many may be under way, bounded by credit.
    case commit(SegmentPayload)
    /// The child said who it is.
    case introduce(Hello)
    /// The frame limit for an unknown peer no longer holds.
    case acceptFullFrames
    /// Another device wrote under this origin's name: for the log and the administrator.
    case reportFork(Fork)
    /// The child tells of what this life of the hub never had, or lost: an older state was put back, or the hello was
    /// garbled on its way.
    case reportRegression
    /// Send what is queued, then close. Nothing follows.
    case close(SessionEnd)
}
