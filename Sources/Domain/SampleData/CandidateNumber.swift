/// A number that people read aloud and type: Crockford base 32 with a check symbol, such as `0H4T-2KQW`.
///
/// Seven digits carry the value and the eighth symbol is the value modulo 37. 37 is a prime above 32, so every single
/// wrong symbol and every swap of two neighbours changes the remainder or contradicts it, the check symbol included.
/// Source: Douglas Crockford, "Base 32".
public struct CandidateNumber: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The digits that carry the value.
    public static let digits = 7
    /// The number of values: 32 to the 7th, about 34 thousand million.
    public static let valueCount: UInt64 = 1 << 35

    /// The number itself, below ``valueCount``.
    public let value: UInt64

    /// Nil where the value does not fit into seven digits.
    public init?(_ value: UInt64) {
        guard value < CandidateNumber.valueCount else { return nil }
        self.value = value
    }

    /// Reads what a person typed or a scanner sent: small letters, hyphens and spaces are allowed, I and L count as 1
    /// and O as 0. Nil where the length, a symbol or the check symbol is wrong.
    public init?(text: String) {
        guard let value = CrockfordBase32.verified(text, digits: CandidateNumber.digits) else { return nil }
        self.value = value
    }

    /// The eight symbols in two groups of four.
    public var description: String {
        let symbols = CrockfordBase32.checked(value, digits: CandidateNumber.digits)
        return symbols.prefix(4) + "-" + symbols.dropFirst(4)
    }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
}

/// Digits and check symbols after Crockford's "Base 32".
public enum CrockfordBase32 {
    /// The most digits of a value with a check symbol: twelve digits are 60 bits.
    public static let digitsMax = 12
    /// The most characters that are looked at in a text from outside, hyphens and spaces included.
    public static let textBytesMax = 64

    /// The 32 digits and then the five symbols that only a check symbol may be.
    private static let symbols = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U".utf8)
    private static let values: [UInt8: Int] = {
        var values: [UInt8: Int] = [:]
        for (value, symbol) in symbols.enumerated() {
            values[symbol] = value
            if (0x41...0x5A).contains(symbol) { values[symbol + 0x20] = value }
        }
        for symbol in "IiLl".utf8 { values[symbol] = 1 }
        for symbol in "Oo".utf8 { values[symbol] = 0 }
        return values
    }()

    /// The digits of a value, most significant first, and the check symbol. A value that does not fit is a programming
    /// error.
    public static func checked(_ value: UInt64, digits: Int) -> String {
        precondition((1...digitsMax).contains(digits) && value >> UInt64(5 * digits) == 0)
        var bytes: [UInt8] = []
        for place in (0..<digits).reversed() {
            bytes.append(symbols[Int((value >> UInt64(5 * place)) & 31)])
        }
        bytes.append(symbols[Int(value % 37)])
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of a text with a check symbol; nil where its length, a symbol or the check symbol is wrong.
    public static func verified(_ text: String, digits: Int) -> UInt64? {
        guard (1...digitsMax).contains(digits), text.utf8.count <= textBytesMax else { return nil }
        let bytes = text.utf8.filter { $0 != 0x2D && $0 != 0x20 }
        guard bytes.count == digits + 1, let last = bytes.last, let check = values[last] else { return nil }
        var value: UInt64 = 0
        for byte in bytes.dropLast() {
            guard let digit = values[byte], digit < 32 else { return nil }
            value = value << 5 | UInt64(digit)
        }
        return value % 37 == UInt64(check) ? value : nil
    }
}
