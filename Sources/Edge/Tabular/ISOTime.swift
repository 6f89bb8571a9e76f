import SampleData

/// Days and times as ISO 8601 and RFC 3339 write them.
enum ISOTime {
    /// `2013-10-01`; nil for anything else.
    static func date(_ text: some Collection<UInt8>) -> CivilDate? {
        var digits = Digits(text)
        guard let date = digits.date(), digits.isAtEnd else { return nil }
        return date
    }

    /// Milliseconds since 1970 of `2013-10-01T09:30`, with `:15`, `.250`, `Z` or `+02:00` behind it where there are
    /// any. A space may stand for the T, and a day alone is its first minute. Without an offset the given one counts.
    static func milliseconds(_ text: some Collection<UInt8>, utcOffsetMinutes: Int) -> Int64? {
        var digits = Digits(text)
        guard let date = digits.date() else { return nil }
        var time = Int64(date.daysSince1970) * 86_400_000
        var offset = utcOffsetMinutes
        if !digits.isAtEnd {
            guard digits.take("T") || digits.take("t") || digits.take(" ") else { return nil }
            guard let hour = digits.number(2), hour < 24, digits.take(":"), let minute = digits.number(2), minute < 60
            else { return nil }
            time += Int64(hour * 60 + minute) * 60_000
            if digits.take(":") {
                guard let second = digits.number(2), second < 60 else { return nil }
                time += Int64(second) * 1_000
                if digits.take(".") {
                    guard let fraction = digits.thousandths() else { return nil }
                    time += Int64(fraction)
                }
            }
            if let given = digits.offset() { offset = given }
        }
        guard digits.isAtEnd else { return nil }
        return time - Int64(offset) * 60_000
    }

    /// The minutes of `+02:00`, `-05:30` or `Z`.
    static func offset(_ text: String) -> Int? {
        var digits = Digits(text.utf8)
        guard let offset = digits.offset(), digits.isAtEnd else { return nil }
        return offset
    }

    /// The minute of the day of `09:30`.
    static func minute(_ text: String) -> Int? {
        var digits = Digits(text.utf8)
        guard let hour = digits.number(2), hour < 24, digits.take(":"), let minute = digits.number(2), minute < 60,
            digits.isAtEnd
        else { return nil }
        return hour * 60 + minute
    }

    /// An integer of at most ``ImportLimits/integerDigitsMax`` digits with an optional sign.
    @inline(__always)
    static func integer(_ bytes: some Collection<UInt8>) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        var isNegative = false
        var isFirst = true
        for byte in bytes {
            if isFirst && (byte == 0x2D || byte == 0x2B) {
                isNegative = byte == 0x2D
            } else {
                guard byte >= 0x30, byte <= 0x39, digits < ImportLimits.integerDigitsMax else { return nil }
                value = value * 10 + Int64(byte - 0x30)
                digits += 1
            }
            isFirst = false
        }
        guard digits > 0 else { return nil }
        return isNegative ? -value : value
    }

    private struct Digits<Bytes: Collection<UInt8>> {
        private let bytes: Bytes
        private var position: Bytes.Index

        init(_ bytes: Bytes) {
            self.bytes = bytes
            position = bytes.startIndex
        }

        var isAtEnd: Bool { position == bytes.endIndex }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard !isAtEnd, UInt32(bytes[position]) == scalar.value else { return false }
            position = bytes.index(after: position)
            return true
        }

        private mutating func digit() -> Int? {
            guard !isAtEnd, bytes[position] >= 0x30, bytes[position] <= 0x39 else { return nil }
            defer { position = bytes.index(after: position) }
            return Int(bytes[position] - 0x30)
        }

        /// Exactly so many digits.
        mutating func number(_ count: Int) -> Int? {
            var value = 0
            for _ in 0..<count {
                guard let digit = digit() else { return nil }
                value = value * 10 + digit
            }
            return value
        }

        mutating func date() -> CivilDate? {
            guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2) else {
                return nil
            }
            return CivilDate(year: year, month: month, day: day)
        }

        /// One to nine digits behind the point, cut to thousandths.
        mutating func thousandths() -> Int? {
            guard var value = digit() else { return nil }
            var count = 1
            while let digit = digit() {
                count += 1
                guard count <= 9 else { return nil }
                if count <= 3 { value = value * 10 + digit }
            }
            if count == 1 { value *= 100 }
            if count == 2 { value *= 10 }
            return value
        }

        mutating func offset() -> Int? {
            if take("Z") || take("z") { return 0 }
            let isEast = take("+")
            guard isEast || take("-") else { return nil }
            guard let hour = number(2), hour <= 18, take(":"), let minute = number(2), minute < 60 else { return nil }
            return (isEast ? 1 : -1) * (hour * 60 + minute)
        }
    }
}
