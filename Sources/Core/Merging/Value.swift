import HybridTime

/// Text that is equal only where its bytes are: Swift's own `String` equates composed and decomposed letters, and a
/// merge or a dictionary that did so would change what a person typed.
public struct Text: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public var string: String

    public init(_ string: String) { self.string = string }

    public init(stringLiteral value: String) { string = value }

    public var description: String { string }

    public static func == (left: Self, right: Self) -> Bool {
        left.string.utf8.count == right.string.utf8.count && left.string.utf8.elementsEqual(right.string.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var copy = string
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

/// The content of a cell. Times are integers in milliseconds since 1970; dates, enumerations and sets' elements are text.
public enum Value: Hashable, Sendable {
    /// A cell that somebody cleared.
    case null
    case integer(Int64)
    case text(Text)
    case bytes([UInt8])
    case reference(RecordName)

    public static func text(_ string: String) -> Value { .text(Text(string)) }
}

/// The name of a document or a record: the dot that created it and an ordinal within that change set. Names that two
/// replicas must arrive at alone (cases) are hashes: `origin` holds 64 bits of the hash and `sequence` is 0.
public struct RecordName: Hashable, Sendable, Comparable {
    public let origin: ReplicaID
    public let sequence: Sequence32
    public let ordinal: UInt16

    public init(_ origin: ReplicaID, _ sequence: Sequence32, _ ordinal: UInt16) {
        self.origin = origin
        self.sequence = sequence
        self.ordinal = ordinal
    }

    public init(_ dot: Dot, _ ordinal: UInt16) { self.init(dot.origin, dot.sequence, ordinal) }

    /// A name made of a hash; the hash must not be zero.
    public init(hash: UInt64, ordinal: UInt16 = 0) { self.init(ReplicaID(hash), 0, ordinal) }

    public var dot: Dot { Dot(origin, sequence) }
    public var isHash: Bool { sequence == 0 }

    public static func < (left: Self, right: Self) -> Bool {
        (left.origin.bits, left.sequence, left.ordinal) < (right.origin.bits, right.sequence, right.ordinal)
    }
}

extension RecordName: CustomStringConvertible {
    /// For example `9f3c0d5b12aa7e01-42.1`.
    public var description: String { "\(origin)-\(sequence).\(ordinal)" }

    public init?(_ text: String) {
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, let origin = ReplicaID(String(halves[0])) else { return nil }
        let numbers = halves[1].split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 2, let sequence = Sequence32(numbers[0]), let ordinal = UInt16(numbers[1]) else {
            return nil
        }
        self.init(origin, sequence, ordinal)
        // One name has one text: no signs, no leading zeros, no capitals.
        guard description == text else { return nil }
    }
}
