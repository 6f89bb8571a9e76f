/// A 256-bit digest, as four words in big-endian order of the hash's bytes.
public struct Digest256: Hashable, Sendable {
    public var words: (UInt64, UInt64, UInt64, UInt64)

    public static let zero = Digest256(words: (0, 0, 0, 0))

    public init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// - Returns: nil unless there are exactly 32 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        // Not generic over collections: every commit reads a digest, and an unspecialized loop took a quarter of it.
        words = bytes.withUnsafeBytes { raw in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// The 32 bytes.
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(32)
        append(to: &result)
        return result
    }

    public func append(to bytes: inout [UInt8]) {
        let ordered = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        withUnsafeBytes(of: ordered) { bytes.append(contentsOf: $0) }
    }

    /// Addition modulo 2^256: the digest of a set is the sum of its members' digests, so it can be kept up member by
    /// member and does not depend on their order (Bellare & Micciancio, "A New Paradigm for Collision-Free Hashing",
    /// 1997; AdHASH with 256 bits finds accidents, it does not hold off a forger).
    public static func &+ (left: Self, right: Self) -> Self {
        var result = Digest256.zero
        var carry: UInt64 = 0
        func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let (sum, first) = a.addingReportingOverflow(b)
            let (total, second) = sum.addingReportingOverflow(carry)
            carry = first || second ? 1 : 0
            return total
        }
        result.words.3 = add(left.words.3, right.words.3)
        result.words.2 = add(left.words.2, right.words.2)
        result.words.1 = add(left.words.1, right.words.1)
        result.words.0 = add(left.words.0, right.words.0)
        return result
    }

    /// Takes a member's digest out of a sum again.
    public static func &- (left: Self, right: Self) -> Self {
        let negative = Digest256(words: (~right.words.0, ~right.words.1, ~right.words.2, ~right.words.3))
        return left &+ negative &+ Digest256(words: (0, 0, 0, 1))
    }

    public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

extension Digest256: CustomStringConvertible {
    /// 64 hexadecimal digits.
    public var description: String {
        [words.0, words.1, words.2, words.3]
            .map { word in
                let digits = String(word, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
            .joined()
    }
}

/// SHA-256 as a value: Core computes no hash itself, Edge fills this in with the crypto library.
public struct Digesting: Sendable {
    public let sha256: @Sendable (UnsafeRawBufferPointer) -> Digest256

    public init(sha256: @escaping @Sendable (UnsafeRawBufferPointer) -> Digest256) { self.sha256 = sha256 }

    public func callAsFunction(_ bytes: [UInt8]) -> Digest256 { bytes.withUnsafeBytes { sha256($0) } }
}
