import HybridTime

/// What a write does to its cell.
public enum WriteKind: UInt8, Sendable {
    /// Puts a value in place of every sibling that the author had seen.
    case set = 0
    /// Adds an element to a set.
    case add = 1
    /// Takes an element out of a set, as far as the author had seen it added.
    case remove = 2
}

/// One write to one cell.
public struct Write: Hashable, Sendable {
    public let field: FieldTag
    public let kind: WriteKind
    public let value: Value

    public init(_ field: FieldTag, _ value: Value, _ kind: WriteKind = .set) {
        self.field = field
        self.kind = kind
        self.value = value
    }
}

/// All that one change set does to one record. A record comes to be with the first change that names it, so a change
/// without writes makes an empty one.
public struct RecordChange: Hashable, Sendable {
    public let record: RecordName
    /// The record kind's tag.
    public let kind: UInt32
    /// One for each cell, or for each element of a set.
    public var writes: [Write]

    public init(_ record: RecordName, kind: UInt32, _ writes: [Write]) {
        self.record = record
        self.kind = kind
        self.writes = writes
    }
}
