import ByteCoding
import HybridTime

/// What a replica's store says of itself at the start of a session.
public struct Greeting: Hashable, Sendable {
    public var organisation: OrganisationID
    public var replica: ReplicaID
    public var role: String
    public var device: String
    /// Reserved for signing: 0 to 64 bytes.
    public var publicKey: [UInt8]
    /// Whether this replica is a hub as well.
    public var isHub: Bool
    /// The head of the own chain, or nil while nothing was written.
    public var head: ChainPoint?
    /// The hub that was met last through this parent address, or nil.
    public var lineage: HubLineage?
    /// That hub's own chain as far as it is known here, or nil.
    public var hubHead: ChainPoint?
    /// The scopes wanted, with cursors of that lineage.
    public var memory: ParentMemory
    /// Documents whose state has to come from the hub, at most ``SyncLimits/fetchDocumentsMax``, ascending.
    public var wanted: [DocumentKey]
    /// Whether there are documents that the hub lacked when it was last compared with, and that no journal here tells.
    public var hasOrphans: Bool

    public init(
        organisation: OrganisationID, replica: ReplicaID, role: String, device: String, publicKey: [UInt8] = [],
        isHub: Bool = false, head: ChainPoint?, lineage: HubLineage?, hubHead: ChainPoint? = nil, memory: ParentMemory,
        wanted: [DocumentKey] = [], hasOrphans: Bool = false
    ) {
        self.organisation = organisation
        self.replica = replica
        self.role = role
        self.device = device
        self.publicKey = publicKey
        self.isHub = isHub
        self.head = head
        self.lineage = lineage
        self.hubHead = hubHead
        self.memory = memory
        self.wanted = wanted
        self.hasOrphans = hasOrphans
    }
}

/// What a replica knows of one life of one hub.
public struct ParentMemory: Hashable, Sendable {
    /// All scopes that the replica wants; the cursor is none where it has none in this lineage.
    public var subscriptions: [Subscription]
    /// The greatest own sequence up to which this hub has receipted all.
    public var receiptedAtHub: Sequence32
    /// The greatest own sequence up to which all are at HQ, whoever said so.
    public var receiptedAtHQ: Sequence32
    /// The hub's mark when its HQ receipts were last taken over whole; 0 where never.
    public var receiptMark: UInt64
    /// The life of headquarters that what is known to be at HQ speaks of, or nil.
    public var headquarters: HubLineage?

    public init(
        subscriptions: [Subscription], receiptedAtHub: Sequence32 = 0, receiptedAtHQ: Sequence32 = 0,
        receiptMark: UInt64 = 0, headquarters: HubLineage? = nil
    ) {
        self.subscriptions = subscriptions
        self.receiptedAtHub = receiptedAtHub
        self.receiptedAtHQ = receiptedAtHQ
        self.receiptMark = receiptMark
        self.headquarters = headquarters
    }
}

/// Receipts to be kept by a replica's store: one transaction.
public struct ReceiptCommit: Hashable, Sendable {
    public var lineage: HubLineage
    /// On the hub's disk.
    public var atHub: [OriginRanges]
    /// At HQ, which includes the hub.
    public var atHQ: [OriginRanges]
    /// Receipted by this hub earlier and no longer there: to be offered again.
    public var lostByHub: [OriginRanges]
    public var notes: [ReceiptNote]
    /// The hub's mark, where its HQ receipts are now taken over whole.
    public var receiptMark: UInt64?
    /// The life of headquarters that receipts at HQ speak of from here on: where another was known, what was at that one
    /// is not known to be at this.
    public var headquarters: HubLineage?

    public init(
        lineage: HubLineage, atHub: [OriginRanges] = [], atHQ: [OriginRanges] = [], lostByHub: [OriginRanges] = [],
        notes: [ReceiptNote] = [], receiptMark: UInt64? = nil, headquarters: HubLineage? = nil
    ) {
        self.lineage = lineage
        self.atHub = atHub
        self.atHQ = atHQ
        self.lostByHub = lostByHub
        self.notes = notes
        self.receiptMark = receiptMark
        self.headquarters = headquarters
    }
}

/// What a replica's session asks its store to read.
public enum ReplicaLoad: Hashable, Sendable {
    case greeting
    /// What is known of this hub and epoch, where it is another than the greeting's.
    case memory(HubLineage)
    /// The hashes of an origin's chain at some sequences, ascending.
    case chainHashes(ReplicaID, [Sequence32])
    /// What the journal holds and this hub has not receipted; with `awaitingHQ` also what is not at HQ yet.
    case unsent(HubLineage, awaitingHQ: Bool)
    /// A run that starts at the range's start; it may end earlier.
    case segment(origin: ReplicaID, range: ClosedRange<Sequence32>)
    /// The digest of all that is here of a scope, now.
    case scopeDigest(ScopeName)
    /// What to make of a parent's parts.
    case findings(ScopeName, [ComparedPart])
    /// The documents about which the hub is to be asked, as the greeting has them, now.
    case wanted
}

/// What the store answered.
public enum ReplicaLoaded: Hashable, Sendable {
    case greeting(Greeting)
    case memory(ParentMemory)
    /// One for each sequence; nil where that part of the chain is not verified here or was trimmed.
    case chainHashes([ChainHash?])
    case unsent([OfferedOrigin])
    /// Nil where the journal no longer holds it.
    case segment(SegmentPayload?)
    case scopeDigest(Digest256)
    case findings(ComparedFindings)
    case wanted([DocumentKey])
}

/// What a replica's session asks its store to make durable. A list of these is done in order; each is atomic.
public enum ReplicaCommit: Hashable, Sendable {
    case receipts(ReceiptCommit)
    /// A segment and the cursor after it.
    case feed(HubLineage, ScopeName, FeedPosition, SegmentPayload)
    /// Documents as a grant or a revoke brings them, and the cursor after them: those in scopes of this replica are
    /// joined, the others go from here once the hub has all that is known of them.
    case documents(HubLineage, ScopeName, FeedPosition, [UInt8])
    /// The cursor alone: nothing between held anything for this replica.
    case cursor(HubLineage, ScopeName, FeedPosition)
    /// Documents' states and the cursor after them: bootstrap at `chunk.next`, or the feed position after the last.
    case snapshotChunk(HubLineage, ScopeName, FeedPosition, SnapshotChunk)
    /// Documents as the hub has them, in answer to a fetch of these: each is put right, and what the hub lacks of them
    /// counts as unsent again.
    case states(HubLineage, [DocumentKey], [UInt8])
    /// Documents that the hub does not have: what the journal holds of them counts as unsent again.
    case onlyHere(HubLineage, [DocumentKey])
    /// The hub has all that is here: there are no orphans any more.
    case alike(HubLineage)
}

/// What happened to a replica's session.
public enum ReplicaEvent: Equatable, Sendable {
    /// The connection is up; the device's clock in milliseconds since 1970.
    case connected(clock: Int64)
    case received(SyncFrame)
    /// The peer's bytes were no frame.
    case malformed(DecodingFailure)
    case loaded(ReplicaLoaded)
    /// The answer to the last commit. Outcomes stand in order for its `.feed` entries; there are fewer where the store
    /// stopped at one that it refused.
    case committed([SegmentOutcome])
    case storageFailed(StorageFailure)
    /// The journal grew, or HQ receipts for it may be had.
    case localChanged
    /// ``SyncTimes/heartbeatMilliseconds`` have passed.
    case heartbeat(Traffic)
    case stopRequested
    case disconnected
}

/// What a replica's session wants done.
public enum ReplicaAction: Equatable, Sendable {
    case send(SyncFrame)
    case load(ReplicaLoad)
    /// Never more than one at a time.
    case commit([ReplicaCommit])
    case report(ReplicaReport)
    /// Send what is queued, then close. Nothing follows.
    case close(SessionEnd)
}

/// What a replica's session tells the people who watch.
public enum ReplicaReport: Equatable, Sendable {
    /// What the session is doing.
    public enum Phase: String, Hashable, Sendable {
        case greeting
        case pushing
        case pulling
        case live
    }

    case phase(Phase)
    case welcomed(HubLineage, hubName: String, hubClock: Int64)
    /// Receipted by the hub.
    case pushed(changeSets: Int, bytes: Int)
    /// Committed here.
    case pulled(changeSets: Int, bytes: Int)
    /// A snapshot's chunk was committed here.
    case restored(ScopeName, documents: UInt64, bytes: Int)
    /// The hub had receipted these and lost them: it was restored from a backup. They are sent again.
    case hubRegressed([OriginRanges])
    /// The hub has another history under this name than this side: where they part is looked for.
    case disputed(ReplicaID)
    /// The hub knows another hash of an origin than this side.
    case forkFound(Fork)
    case noted([ReceiptNote])
    /// The hub has no such scope, or refused something else and went on.
    case refused(SyncError)
    case quarantinedHere(SegmentOutcome)
    /// At rest, the two sides did not hold the same: so many documents differ and are being put right.
    case differing(ScopeName, documents: Int)
}
