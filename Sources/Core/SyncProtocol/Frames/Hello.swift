import HybridTime

/// The child's first frame: who it is, what it knows of this parent, and where it stands.
public struct Hello: Hashable, Sendable {
    /// The protocol versions that the child speaks, ascending, 1 to 16 of them.
    public var versions: [UInt64]
    public var organisation: OrganisationID
    public var replica: ReplicaID
    /// What the replica is for, such as `desk` or `site`: for people and logs.
    public var role: String
    /// The device's name: for people and logs.
    public var device: String
    /// The device's clock in milliseconds since 1970.
    public var clock: Int64
    /// Reserved for signing: 0 to 64 bytes.
    public var publicKey: [UInt8]
    /// The head of the child's own chain, or nil while it has written nothing.
    public var head: ChainPoint?
    /// The parent and epoch that the cursors below belong to, or nil.
    public var lineage: HubLineage?
    /// The chain of the parent's own origin as far as the child knows it, or nil; only with a lineage.
    public var hubHead: ChainPoint?
    /// The scopes that the child wants, without repetition; cursors other than none only with a lineage.
    public var subscriptions: [Subscription]
    /// The greatest own sequence up to which all are at the hub of the lineage, as far as the child knows.
    public var receiptedAtHub: Sequence32
    /// The greatest own sequence up to which all are at HQ, as far as the child knows.
    public var receiptedAtHQ: Sequence32
    /// Whether the connection stays open after the pull.
    public var wantsLive: Bool
    /// Whether the child is a hub and wants the HQ receipts of every origin, not only of those it offered.
    public var isHub: Bool

    public init(
        versions: [UInt64] = SyncLimits.versions, organisation: OrganisationID, replica: ReplicaID, role: String,
        device: String, clock: Int64, publicKey: [UInt8] = [], head: ChainPoint?, lineage: HubLineage?,
        hubHead: ChainPoint? = nil, subscriptions: [Subscription], receiptedAtHub: Sequence32,
        receiptedAtHQ: Sequence32, wantsLive: Bool,
        isHub: Bool
    ) {
        precondition((1...SyncLimits.versionsMax).contains(versions.count), "a hello lists 1 to 16 versions")
        precondition(publicKey.count <= SyncLimits.publicKeyBytesMax, "a public key has at most 64 bytes")
        precondition(subscriptions.count <= SyncLimits.scopesMax, "a replica has at most 256 scopes")
        self.versions = versions
        self.organisation = organisation
        self.replica = replica
        self.role = clipped(role, utf8: SyncLimits.nameBytesMax)
        self.device = clipped(device, utf8: SyncLimits.nameBytesMax)
        self.clock = clock
        self.publicKey = publicKey
        self.head = head
        self.lineage = lineage
        self.hubHead = lineage == nil ? nil : hubHead
        self.subscriptions = subscriptions
        self.receiptedAtHub = receiptedAtHub
        self.receiptedAtHQ = receiptedAtHQ
        self.wantsLive = wantsLive
        self.isHub = isHub
    }
}

/// What a hub knows of one scope that a hello named.
public enum ScopeStanding: Hashable, Sendable {
    /// The hub has no such scope; the child does not pull it.
    case unknown
    /// The scope's feed ends at `end`; the child's cursor can go on from where it stands if `usable`.
    case known(end: FeedPosition, usable: Bool)
    /// The child's cursor is at the feed's end, and yet the two sides do not hold the same: they are to be compared.
    case differs(end: FeedPosition)
}

/// The parent's answer to a hello.
public struct Welcome: Hashable, Sendable {
    /// The greatest version that both sides speak.
    public var version: UInt64
    public var organisation: OrganisationID
    /// The hub and the life of its feeds that cursors and receipts of this session belong to.
    public var lineage: HubLineage
    public var hubName: String
    /// The hub's clock in milliseconds since 1970, read when the welcome was written.
    public var clock: Int64
    /// How much the child may push before the first grant, in bytes of credit.
    public var creditBytes: Int
    /// What the hub holds of the child's own origin, trimmed parts included.
    public var held: SequenceRanges
    /// What the hub knows to be at HQ of the child's own origin.
    public var heldAtHQ: SequenceRanges
    /// The child's chain at the lower of the two heads, as the hub knows it; nil where the hub has no such hash.
    public var shared: ChainPoint?
    /// Grows whenever the hub learns of anything new at HQ; a child that knows an older mark asks again.
    public var receiptMark: UInt64
    /// One entry for each subscription of the hello, in its order.
    public var scopes: [ScopeStanding]
    /// The life of headquarters that receipts at HQ speak of, or nil where the parent has never heard of one.
    public var headquarters: HubLineage?

    public init(
        version: UInt64, organisation: OrganisationID, lineage: HubLineage, hubName: String, clock: Int64,
        creditBytes: Int, held: SequenceRanges, heldAtHQ: SequenceRanges, shared: ChainPoint?, receiptMark: UInt64,
        scopes: [ScopeStanding], headquarters: HubLineage? = nil
    ) {
        precondition(
            (SyncLimits.windowBytesMin...SyncLimits.windowBytesMax).contains(creditBytes),
            "a window lets two payloads of the greatest size pass")
        precondition(scopes.count <= SyncLimits.scopesMax, "a replica has at most 256 scopes")
        self.version = version
        self.organisation = organisation
        self.lineage = lineage
        self.hubName = clipped(hubName, utf8: SyncLimits.nameBytesMax)
        self.clock = clock
        self.creditBytes = creditBytes
        self.held = held.prefix(ranges: SyncLimits.rangesPerWelcomeMax)
        self.heldAtHQ = heldAtHQ.prefix(ranges: SyncLimits.rangesPerWelcomeMax)
        self.shared = shared
        self.receiptMark = receiptMark
        self.scopes = scopes
        self.headquarters = headquarters
    }
}
