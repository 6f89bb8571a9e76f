import Crypto
import CryptoExtras
import Foundation

/// What a PIN is checked against: a salted scrypt hash (RFC 7914) with what it was made with. It travels with the site's
/// document, so that staff sign in at every desk without a line. It keeps a colleague from using somebody's name; a PIN
/// is short, and whoever takes a whole store away can try all of them.
///
/// Grammar: 1 log2(rounds) blockSize parallelism salt[16] hash[32], each number one byte.
public struct PINVerifier: Hashable, Sendable {
    public let bytes: [UInt8]

    private static let version: UInt8 = 1
    private static let saltBytes = 16
    private static let hashBytes = 32
    private static let headBytes = 4
    /// 2 to the power of this are the rounds: 32 MiB and some 100 ms on a small laptop.
    public static let costDefault: UInt8 = 15

    public static let digitsMin = 4
    public static let digitsMax = 12

    /// Makes the verifier of a PIN with a salt of its own.
    /// - Parameter cost: the binary logarithm of the rounds, 10 to 16.
    public init(_ pin: String, cost: UInt8 = costDefault) throws {
        let head = [PINVerifier.version, cost, 8, 1]
        let salt = (0..<PINVerifier.saltBytes).map { _ in UInt8.random(in: .min ... .max) }
        bytes = head + salt + (try PINVerifier.hash(pin, head: head, salt: salt))
    }

    /// - Returns: nil for what no verifier is: foreign bytes never cost more memory than ours.
    public init?(bytes: [UInt8]) {
        guard bytes.count == PINVerifier.headBytes + PINVerifier.saltBytes + PINVerifier.hashBytes,
            bytes[0] == PINVerifier.version, (10...16).contains(bytes[1]), (1...8).contains(bytes[2]),
            (1...4).contains(bytes[3])
        else { return nil }
        self.bytes = bytes
    }

    /// Whether the PIN is the one; takes as long whatever differs.
    public func accepts(_ pin: String) throws -> Bool {
        let head = Array(bytes[..<PINVerifier.headBytes])
        let rest = bytes[PINVerifier.headBytes...]
        let hash = try PINVerifier.hash(pin, head: head, salt: Array(rest.prefix(PINVerifier.saltBytes)))
        let difference = zip(hash, rest.dropFirst(PINVerifier.saltBytes)).reduce(0) { $0 | ($1.0 ^ $1.1) }
        return difference == 0
    }

    private static func hash(_ pin: String, head: [UInt8], salt: [UInt8]) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(pin.utf8), salt: Data(salt), outputByteCount: hashBytes, rounds: 1 << Int(head[1]),
            blockSize: Int(head[2]), parallelism: Int(head[3]))
        return key.withUnsafeBytes { Array($0) }
    }

    /// The digits of a PIN as typed in whatever script; nil for anything else.
    public static func digits(_ typed: String) -> String? {
        var digits = ""
        for character in typed {
            guard let digit = character.wholeNumberValue, (0...9).contains(digit) else { return nil }
            digits += String(digit)
        }
        return digits
    }

    /// Why a PIN is not taken, in plain words; nil for one that is.
    public static func objection(to typed: String) -> String? {
        guard let digits = digits(typed), (digitsMin...digitsMax).contains(digits.count) else {
            return "A PIN is \(digitsMin) to \(digitsMax) digits: choose another."
        }
        let values = digits.compactMap(\.wholeNumberValue)
        let steps = Set(zip(values, values.dropFirst()).map { $1 - $0 })
        if steps.count == 1, let step = steps.first, abs(step) <= 1 {
            return "Everybody tries \(digits) first: choose another PIN."
        }
        return nil
    }
}
