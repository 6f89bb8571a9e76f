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
    /// Only where it begins an origin: what it was before a fork made a branch go by a name of its own. The change sets
    /// after it follow it there, sequence by sequence (Protocol, "Forks").
    public let original: Dot?
    /// What `deps` covers besides, because names end that lead to what it names (``Renaming``): it is no part of what was
    /// written, and delivery need not look at it.
    public let implied: Context

    public init(
        dot: Dot, document: RecordName, documentKind: UInt32, salt: Salt? = nil, group: Sequence32? = nil, actor: Text,
        intent: Text, time: Int64, stamp: Stamp, deps: Context, seen: Context? = nil, authority: Context = .empty,
        changes: [RecordChange], original: Dot? = nil, implied: Context = .empty
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
        self.original = original
        self.implied = implied
    }

    /// What its writes remove siblings by.
    public var removal: Context { seen ?? follows }

    /// All that it follows in its document.
    public var follows: Context {
        if implied.isEmpty { return deps }
        var all = deps
        all.formUnion(implied)
        return all
    }

    /// What no honest replica writes and every decoder refuses, because it would merge differently by the order of
    /// arrival or wait for ever; nil where the change set is sound.
    ///
    /// A `seen` beyond `deps` would remove a sibling where it came first and keep it where it came later; deps that
    /// reach the change set itself can never be covered before it.
    public var flaw: String? {
        if deps[dot.origin] >= dot.sequence { return "deps that reach the change set itself" }
        if let seen, !deps.covers(seen) { return "a seen context beyond deps" }
        let creates = document == RecordName(dot, 0)
        if creates != (salt != nil) { return "a salt belongs to the change set that creates its document" }
        if document.dot == dot, !creates { return "a document's ordinal" }
        if let original, dot.sequence != 1 || original.origin == dot.origin { return "an original" }
        return nil
    }
}

extension WriteKind {
    /// Sets are added to and removed from; every other cell is set.
    func suits(_ mergeClass: MergeClass) -> Bool { (mergeClass == .set) == (self != .set) }
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
    /// Content of all change sets of a segment together, for the same reason: the bytes of their texts and byte strings,
    /// and twelve for each entry of their contexts.
    public static let segmentContentBytesMax = 16 << 20
    /// Origins that one segment or snapshot chunk names.
    public static let originsMax = 1 << 16
    /// Entries of all contexts in one column.
    public static let contextColumnEntriesMax = 1 << 18
    public static let changeSetWritesMax = 16_384
    public static let changeSetRecordsMax = 2_048
    public static let changeSetCanonicalBytesMax = 1 << 19
    public static let textBytesMax = 1 << 16
    public static let intentBytesMax = 64
    public static let actorBytesMax = 256
    /// Origins in one context: each incarnation that ever wrote to a document.
    public static let contextEntriesMax = 1_024
    public static let ordinalMax: UInt16 = 2_047
    /// The greatest tag of a document kind or a record kind.
    public static let kindMax = 1 << 20
}
