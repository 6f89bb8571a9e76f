import HybridTime

/// A document's state: its records and the context that they reflect. What a snapshot carries, and what the memory store
/// and the oracles of the tests work on; the store on disk folds record by record instead.
public struct DocumentState: Hashable, Sendable {
    public let name: RecordName
    public let kind: UInt32
    /// Sixteen random bytes that keep leaves of the hash chain from being guessed; destroyed by an erasure.
    public var salt: Salt
    public var context: Context
    /// The greatest stamp of any change set that is covered, kept even where its siblings are gone.
    public var greatest: Stamp
    public var records: [RecordName: RecordState]

    public init(
        name: RecordName, kind: UInt32, salt: Salt, context: Context = .empty, greatest: Stamp = .zero,
        records: [RecordName: RecordState] = [:]
    ) {
        self.name = name
        self.kind = kind
        self.salt = salt
        self.context = context
        self.greatest = greatest
        self.records = records
    }

    /// Applies one change set whose deps are covered.
    /// - Returns: false for one that is covered already; it changes nothing.
    @discardableResult
    public mutating func apply(_ changes: [RecordChange], dot: Dot, stamp: Stamp, seen: Context) -> Bool {
        guard !context.covers(dot) else { return false }
        for change in changes {
            var record = records.removeValue(forKey: change.record) ?? RecordState(kind: change.kind)
            for write in change.writes { record.apply(write, dot: dot, stamp: stamp, seen: seen) }
            records[change.record] = record
        }
        context.include(dot)
        greatest = max(greatest, stamp)
        return true
    }

    /// Joins the state that another replica holds of the same document.
    public mutating func join(_ other: DocumentState) {
        for (name, theirs) in other.records {
            var mine = records.removeValue(forKey: name) ?? RecordState(kind: theirs.kind)
            mine.join(theirs, context: context, otherContext: other.context)
            records[name] = mine
        }
        for (name, record) in records where other.records[name] == nil {
            var mine = record
            mine.join(RecordState(kind: record.kind), context: context, otherContext: other.context)
            records[name] = mine
        }
        context.formUnion(other.context)
        greatest = max(greatest, other.greatest)
    }
}

/// Sixteen bytes.
public struct Salt: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    public static let none = Salt(0, 0)

    public init(_ high: UInt64, _ low: UInt64) {
        self.high = high
        self.low = low
    }
}
