import ByteCoding

/// A document's place in the order in which digests are compared: bytes that sessions carry and never read.
public struct DocumentKey: Hashable, Sendable, Comparable {
    /// Exactly ``SyncLimits/documentKeyBytes`` bytes; keys are ordered by them.
    public let bytes: [UInt8]

    /// Nil where the count of bytes is not 14.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == SyncLimits.documentKeyBytes else { return nil }
        self.bytes = Array(bytes)
    }

    public static func < (left: Self, right: Self) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }
}

/// A run of documents in the order of their keys: from `low` on and before `high`; nil stands for either end.
public struct KeyRange: Hashable, Sendable {
    public let low: DocumentKey?
    public let high: DocumentKey?

    /// Every document of a scope.
    public static let all = KeyRange(unchecked: nil, nil)

    private init(unchecked low: DocumentKey?, _ high: DocumentKey?) {
        self.low = low
        self.high = high
    }

    /// Nil where the range ends before it starts.
    public init?(_ low: DocumentKey?, _ high: DocumentKey?) {
        if let low, let high, low >= high { return nil }
        self.init(unchecked: low, high)
    }

    public func contains(_ other: KeyRange) -> Bool {
        let startsWithin = low.map { low in other.low.map { $0 >= low } ?? false } ?? true
        let endsWithin = high.map { high in other.high.map { $0 <= high } ?? false } ?? true
        return startsWithin && endsWithin
    }
}

/// The sum of the digests of a range's documents.
public struct RangeDigest: Hashable, Sendable {
    public let range: KeyRange
    public let digest: Digest256

    public init(_ range: KeyRange, _ digest: Digest256) {
        self.range = range
        self.digest = digest
    }
}

/// One document's digest.
public struct DocumentDigest: Hashable, Sendable {
    public let key: DocumentKey
    public let digest: Digest256

    public init(_ key: DocumentKey, _ digest: Digest256) {
        self.key = key
        self.digest = digest
    }
}

/// What a parent says of a part of a range in which it differs from the child.
public enum ComparedPart: Hashable, Sendable {
    /// A narrower range, as the parent has it.
    case narrower(RangeDigest)
    /// Every document that the parent has in a range, ascending; at most ``SyncLimits/compareLeafDocumentsMax``.
    case documents(KeyRange, [DocumentDigest])
}

/// What a child's store makes of a parent's parts.
public struct ComparedFindings: Hashable, Sendable {
    /// Ranges that differ and are still too wide, as the child has them.
    public var ranges: [RangeDigest] = []
    /// Documents whose state is wanted from the parent.
    public var wanted: [DocumentKey] = []
    /// Documents that only the child has.
    public var onlyHere: [DocumentKey] = []

    public init() {}
}
