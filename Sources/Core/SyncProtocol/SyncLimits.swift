/// Every bound of the sync protocol, in one place. All are inclusive. Those of frames are part of the wire specification
/// (Protocol/sync.md, "Limits"): a decoder refuses what passes them before it allocates anything. Those marked as this
/// build's own bound its memory, and no peer can tell.
public enum SyncLimits {
    /// The versions of the session protocol that this build speaks, ascending.
    public static let versions: [UInt64] = [1]
    /// How many versions a hello may list.
    public static let versionsMax = 16

    /// Type byte and body of any frame: a full segment with its header.
    public static let frameBytesMax = segmentBytesMax + 4_096
    /// Type byte and body of the frames that come before the peer is known.
    public static let helloBytesMax = 65_536
    /// The bytes of one segment, at least 1.
    public static let segmentBytesMax = 1_048_576
    /// The bytes of one snapshot chunk.
    public static let chunkBytesMax = 1_048_576
    /// What a segment or chunk costs in credit beside its bytes, so that many tiny ones are bounded as well.
    public static let payloadOverheadBytes = 64
    /// The dearest single segment or chunk.
    public static let payloadCostMax = segmentBytesMax + payloadOverheadBytes
    /// The smallest window a receiver may grant at the start: with two payloads of the greatest size it may hold
    /// grants back until a quarter is due and still never block a sender.
    public static let windowBytesMin = 2 * payloadCostMax
    /// The most credit that may be outstanding in one direction.
    public static let windowBytesMax = 67_108_864

    public static let organisationBytes = 16
    public static let hashBytes = 32
    /// The key by which documents are ordered when digests are compared.
    public static let documentKeyBytes = 14
    public static let publicKeyBytesMax = 64
    public static let snapshotCursorBytesMax = 32
    /// A device's, hub's or role's name in UTF-8.
    public static let nameBytesMax = 128
    /// A scope's name in UTF-8, at least 1.
    public static let scopeBytesMax = 128
    /// How many scopes one replica may subscribe to.
    public static let scopesMax = 256

    /// How many origins an offer, want or receipt may list.
    public static let originsPerFrameMax = 1_024
    /// How many ranges an offer, want or receipt may list in all, and a welcome per list.
    public static let rangesPerFrameMax = 16_384
    /// How many ranges of the child's own origin a welcome lists: greater ones are left out, which only costs an offer.
    public static let rangesPerWelcomeMax = 1_024
    /// This build's own: how many offered origins a hub keeps in mind for HQ receipts; those of others are asked for at the next hello.
    public static let concernsMax = 4_096
    /// This build's own: how many HQ receipts a child keeps that come before it has judged the welcome.
    public static let earlyReceiptsMax = 64
    /// How many hashes one probe may ask for, at least 1.
    public static let probesMax = 64
    /// This build's own: how many probes a parent answers in one session.
    public static let probesPerSessionMax = 256
    /// How many notes a receipt may carry.
    public static let notesPerReceiptMax = 256

    /// How many ranges a compare may ask about.
    public static let compareRangesMax = 256
    /// How many parts the answer to one compare may have: each range is split into at most 16.
    public static let comparePartsMax = 16 * compareRangesMax
    /// How many parts a differing range is split into.
    public static let compareSplitsMax = 16
    /// How many documents of a differing range are listed one by one instead of splitting it.
    public static let compareLeafDocumentsMax = 32
    /// How many documents all parts of one answer may list.
    public static let compareDocumentsMax = compareRangesMax * compareLeafDocumentsMax
    /// How many documents one fetch may ask for.
    public static let fetchDocumentsMax = 1_024
    /// This build's own: how many differing documents one session puts right; the next one goes on.
    public static let repairDocumentsMax = 65_536

    /// An error's stable code in ASCII, at least 1.
    public static let codeBytesMax = 32
    /// What an error is about: a scope's name or an origin in hexadecimal.
    public static let subjectBytesMax = 128
    /// An error's or note's line for people, in UTF-8.
    public static let messageBytesMax = 512

    /// This build's own: how much a feed load may bring into memory at once.
    public static let feedLoadBytesMax = 262_144
}

/// Times of the session protocol in milliseconds, and counts of heartbeats.
public enum SyncTimes {
    /// How often a session looks at its peer.
    public static let heartbeatMilliseconds: Int64 = 15_000
    /// Heartbeats without a byte after which a peer is dead: 45 seconds.
    public static let silentHeartbeatsMax = 3
    /// Heartbeats with less than ``progressBytesMin`` of a frame under way after which a peer has stalled.
    public static let stalledHeartbeatsMax = 3
    /// Heartbeats for which a peer may answer pings and yet not move what it owes: 120 seconds.
    public static let idleHeartbeatsMax = 8
    /// The least that must move between two heartbeats while a frame is under way: about 70 bytes a second.
    public static let progressBytesMin = 1_024
}
