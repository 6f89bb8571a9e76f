import HybridTime

/// How far a change set has come.
public enum ReceiptLevel: UInt8, Hashable, Sendable {
    /// On the disk of the hub that says so.
    case atHub = 1
    /// On the disk of headquarters; that includes the hub.
    case atHQ = 2
}

/// A segment that did not go the usual way.
public struct ReceiptNote: Hashable, Sendable {
    /// What became of the segment.
    public enum Kind: UInt8, Hashable, Sendable {
        /// It is in the journal and receipted, and was set aside instead of being applied.
        case quarantined = 1
        /// It was not taken and is not receipted; it is not to be sent again in this session.
        case refused = 2
    }

    public let kind: Kind
    public let origin: ReplicaID
    public let first: Sequence32
    public let last: Sequence32
    public let code: SyncErrorCode
    /// One line for people.
    public let reason: String

    public init(
        kind: Kind, origin: ReplicaID, range: ClosedRange<Sequence32>, code: SyncErrorCode, reason: String
    ) {
        precondition(range.lowerBound >= 1, "sequences start at 1")
        self.kind = kind
        self.origin = origin
        first = range.lowerBound
        last = range.upperBound
        self.code = code
        self.reason = clipped(reason, utf8: SyncLimits.messageBytesMax)
    }

    public var range: ClosedRange<Sequence32> { first...last }
}

/// A hub's word that ranges are durable, and its notes on those that were not taken the usual way.
public struct Receipt: Hashable, Sendable {
    public let level: ReceiptLevel
    public let entries: [OriginRanges]
    public let notes: [ReceiptNote]

    public init(level: ReceiptLevel, entries: [OriginRanges], notes: [ReceiptNote]) {
        precondition(entries.count <= SyncLimits.originsPerFrameMax, "a receipt lists at most 1,024 origins")
        precondition(notes.count <= SyncLimits.notesPerReceiptMax, "a receipt carries at most 256 notes")
        self.level = level
        self.entries = entries
        self.notes = notes
    }
}
