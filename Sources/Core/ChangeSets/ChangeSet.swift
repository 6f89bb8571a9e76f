import HybridTime
import Merging

/// One atomic piece of work by one actor on one document. It is never split and never half applied.
public struct ChangeSet: Hashable, Sendable {
    /// Its name: the origin and the number there.
    public let dot: Dot
    public let document: RecordName
    /// The document kind's tag.
    public let documentKind: UInt32
    /// Present in the change set that creates its document, and only there.
    public let salt: Salt?
    /// The sequence of the first change set of the same local transaction; its own where it stands alone.
    public let group: Sequence32
    /// Who did it, as the device knew them.
    public let actor: Text
    /// The command's name, such as `check-in`.
    public let intent: Text
    /// The device's wall clock in milliseconds since 1970: evidence, not order.
    public let time: Int64
    public let stamp: Stamp
    /// The document's context at commit; it always covers the author's earlier dots there. Delivery goes by it.
    public let deps: Context
    /// The context when the person read, where it differs from `deps`. Removal goes by it.
    public let seen: Context?
    /// The organisation document's context under which the author's permission was judged; empty until there are roles.
    public let authority: Context
    public let changes: [RecordChange]

    public init(
        dot: Dot, document: RecordName, documentKind: UInt32, salt: Salt? = nil, group: Sequence32? = nil, actor: Text,
        intent: Text, time: Int64, stamp: Stamp, deps: Context, seen: Context? = nil, authority: Context = .empty,
        changes: [RecordChange]
    ) {
        self.dot = dot
        self.document = document
        self.documentKind = documentKind
        self.salt = salt
        self.group = group ?? dot.sequence
        self.actor = actor
        self.intent = intent
        self.time = time
        self.stamp = stamp
        self.deps = deps
        self.seen = seen == deps ? nil : seen
        self.authority = authority
        self.changes = changes
    }

    /// What its writes remove siblings by.
    public var removal: Context { seen ?? deps }
}

/// The named limits of change sets, segments and snapshots (Protocol, "Limits").
public enum ChangeSetLimits {
    public static let segmentChangeSetsMax = 4_096
    /// A segment's body after inflation.
    public static let segmentDecodedBytesMax = 1 << 20
    /// A segment as it travels.
    public static let segmentBytesMax = segmentDecodedBytesMax + 4_096
    /// Writes of all change sets of a segment together: repeated columns could else stand for any number.
    public static let segmentWritesMax = 1 << 18
    /// Canonical bytes of all change sets of a segment together, for the same reason.
    public static let segmentCanonicalBytesMax = 16 << 20
    public static let changeSetWritesMax = 16_384
    public static let changeSetRecordsMax = 2_048
    public static let changeSetCanonicalBytesMax = 1 << 19
    public static let textBytesMax = 1 << 16
    public static let intentBytesMax = 64
    public static let actorBytesMax = 256
    /// Origins in one context: each incarnation that ever wrote to a document.
    public static let contextEntriesMax = 1_024
    public static let ordinalMax: UInt16 = 2_047
}
