/// The name of one incarnation of a replica: 64 random bits, never zero. A device that was cloned or restored takes a
/// new one; what lasts is the device's key.
public struct ReplicaID: Hashable, Sendable, Comparable {
    public let bits: UInt64

    public init(_ bits: UInt64) { self.bits = bits }

    public static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

extension ReplicaID: CustomStringConvertible {
    /// Sixteen hexadecimal digits.
    public var description: String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    public init?(_ text: String) {
        guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else { return nil }
        self.init(bits)
        guard description == text else { return nil }
    }
}

/// A change set's number among those of its origin: from 1, without gaps, below 2^32.
public typealias Sequence32 = UInt32

/// The name of one change set: its origin and its number there.
public struct Dot: Hashable, Sendable, Comparable {
    public let origin: ReplicaID
    public let sequence: Sequence32

    public init(_ origin: ReplicaID, _ sequence: Sequence32) {
        self.origin = origin
        self.sequence = sequence
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.origin.bits, left.sequence) < (right.origin.bits, right.sequence)
    }
}

extension Dot: CustomStringConvertible {
    /// For example `9f3c0d5b12aa7e01:42`.
    public var description: String { "\(origin):\(sequence)" }

    public init?(_ text: String) {
        let halves = text.split(separator: ":", omittingEmptySubsequences: false)
        guard halves.count == 2, let origin = ReplicaID(String(halves[0])), let sequence = Sequence32(halves[1]),
            sequence > 0
        else { return nil }
        self.init(origin, sequence)
        guard description == text else { return nil }
    }
}
