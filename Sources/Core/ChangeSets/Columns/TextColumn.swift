import ByteCoding
import Merging

/// Byte strings in order of first appearance, each once: how many, their lengths, then their bytes.
struct ByteDictionary {
    private(set) var entries: [[UInt8]] = []
    private var places: [[UInt8]: Int] = [:]

    mutating func place(of bytes: [UInt8]) -> Int64 {
        if let place = places[bytes] { return Int64(place) }
        places[bytes] = entries.count
        entries.append(bytes)
        return Int64(entries.count - 1)
    }

    func write(to out: inout ByteWriter) {
        out.count(entries.count)
        IntegerColumn.write(entries.map { Int64($0.count) }, to: &out)
        for entry in entries { out.raw(entry) }
    }

    static func read(
        limit: Int, entryBytesMax: Int, from reader: inout ByteReader, _ what: String
    ) throws(DecodingFailure) -> [ArraySlice<UInt8>] {
        let count = try reader.count(limit: limit, what)
        // Every entry but one empty one takes a byte, so the reader's length bounds the count as well.
        guard count <= reader.remaining + 1 else { throw reader.failure(.truncated, what) }
        let lengths = try IntegerColumn.read(count: count, from: &reader)
        var entries: [ArraySlice<UInt8>] = []
        entries.reserveCapacity(count)
        for length in lengths {
            guard length >= 0, length <= Int64(entryBytesMax) else {
                throw reader.failure(.limitExceeded, "\(what) of \(length) bytes")
            }
            entries.append(try reader.raw(Int(length)))
        }
        return entries
    }

    static func readTexts(
        limit: Int, entryBytesMax: Int, from reader: inout ByteReader, _ what: String
    ) throws(DecodingFailure) -> [Text] {
        var texts: [Text] = []
        for entry in try read(limit: limit, entryBytesMax: entryBytesMax, from: &reader, what) {
            guard let string = String(validating: entry, as: UTF8.self) else {
                throw reader.failure(.invalidText, what)
            }
            texts.append(Text(string))
        }
        return texts
    }
}

/// Dates as text, `YYYY-MM-DD`, travel as day numbers: two bytes instead of ten.
enum DayNumber {
    /// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    /// - Returns: nil unless the text is exactly a valid date of the years 0000 to 9999.
    static func parse(_ text: [UInt8]) -> Int64? {
        guard text.count == 10, text[4] == 0x2D, text[7] == 0x2D else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in text[range] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), (1...12).contains(month),
            (1...31).contains(day)
        else { return nil }
        let days = days(year: year, month: month, day: day)
        return format(days) == text ? days : nil
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The first and the last day that four digits of a year can name.
    static let range: ClosedRange<Int64> = -719_528...2_932_896

    static func format(_ days: Int64) -> [UInt8] {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthIndex + 2) / 5 + 1
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func digits(_ value: Int64, _ count: Int) -> [UInt8] {
            var rest = value
            var result = [UInt8](repeating: 0x30, count: count)
            for index in stride(from: count - 1, through: 0, by: -1) {
                result[index] = 0x30 + UInt8(rest % 10)
                rest /= 10
            }
            return result
        }
        return digits(year, 4) + [0x2D] + digits(month, 2) + [0x2D] + digits(day, 2)
    }
}
