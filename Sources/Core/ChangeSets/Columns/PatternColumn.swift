import ByteCoding
import Merging

/// A column of texts that differ in their numbers more than in their words: phones, addresses, ticket numbers (Protocol,
/// "Value column"). Patterns stand in a dictionary, the numbers of each gap in a column of integers: deflate alone spends
/// a third more on decimal digits.
struct PatternColumn {
    /// Stands in a pattern where a number goes; no byte of UTF-8.
    static let gap: UInt8 = 0xFF
    /// Numbers of one text; further ones stay in its pattern.
    static let gapsMax = 8
    /// Longer numbers stay in the pattern.
    private static let digitsMax = 18
    /// A dictionary of patterns pays off for more texts than this.
    private static let textsMin = 16

    private var patterns = ByteDictionary()
    private var places: [Int64] = []
    /// For each gap, from the left, the numbers of the texts that have it.
    private var numbers = [[Int64]](repeating: [], count: PatternColumn.gapsMax)

    // MARK: Writing

    /// - Parameter distinct: how many different texts there are.
    /// - Returns: nil where the texts are told in fewer bytes as they are.
    init?(_ texts: [[UInt8]], distinct: Int) {
        guard texts.count >= PatternColumn.textsMin, distinct * 3 >= texts.count else { return nil }
        for text in texts {
            let (pattern, found) = PatternColumn.split(text)
            places.append(patterns.place(of: pattern))
            guard patterns.entries.count * 2 <= distinct else { return nil }
            for (gap, number) in found.enumerated() { numbers[gap].append(number) }
        }
    }

    /// A text's pattern and the numbers of its gaps. Leading zeros stay in the pattern, so that numbers give back their
    /// digits.
    private static func split(_ text: [UInt8]) -> (pattern: [UInt8], numbers: [Int64]) {
        var pattern: [UInt8] = []
        var numbers: [Int64] = []
        var index = 0
        while index < text.count {
            let start = index
            while index < text.count, isDigit(text[index]) { index += 1 }
            let digits = text[start..<index].drop { $0 == 0x30 }
            pattern += text[start..<digits.startIndex]
            if digits.isEmpty || digits.count > digitsMax || numbers.count == gapsMax {
                pattern += digits
            } else {
                pattern.append(gap)
                numbers.append(digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) })
            }
            while index < text.count, !isDigit(text[index]) {
                pattern.append(text[index])
                index += 1
            }
        }
        return (pattern, numbers)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    func write(to out: inout ByteWriter) {
        patterns.write(to: &out)
        IntegerColumn.write(places, to: &out)
        for column in numbers { IntegerColumn.write(column, to: &out) }
    }

    // MARK: Reading

    /// - Parameter budget: the bytes that such texts of the whole body may still have: each is made anew, also where the
    ///   column repeats one.
    static func read(
        count: Int, budget: inout Int, from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Text] {
        let patterns = try ByteDictionary.read(
            limit: count, entryBytesMax: ChangeSetLimits.textBytesMax, from: &reader, "a pattern")
        var gaps: [Int] = []
        for pattern in patterns {
            gaps.append(pattern.count { $0 == gap })
            guard gaps[gaps.count - 1] <= gapsMax else { throw reader.failure(.limitExceeded, "numbers of a text") }
        }
        let places = try IntegerColumn.read(count: count, from: &reader)
        var counts = [Int](repeating: 0, count: gapsMax)
        for place in places {
            guard place >= 0, place < Int64(patterns.count) else {
                throw reader.failure(.invalidValue, "a place outside of its dictionary")
            }
            for slot in 0..<gaps[Int(place)] { counts[slot] += 1 }
        }
        var numbers: [[Int64]] = []
        for count in counts {
            let column = try IntegerColumn.read(count: count, from: &reader)
            guard column.allSatisfy({ $0 >= 0 }) else { throw reader.failure(.invalidValue, "a negative number") }
            numbers.append(column)
        }
        var next = [Int](repeating: 0, count: gapsMax)
        var texts: [Text] = []
        texts.reserveCapacity(count)
        var bytes: [UInt8] = []
        for place in places {
            bytes.removeAll(keepingCapacity: true)
            var slot = 0
            for byte in patterns[Int(place)] {
                if byte == gap {
                    append(numbers[slot][next[slot]], to: &bytes)
                    next[slot] += 1
                    slot += 1
                } else {
                    bytes.append(byte)
                }
            }
            budget -= bytes.count
            guard bytes.count <= ChangeSetLimits.textBytesMax, budget >= 0 else {
                throw reader.failure(.limitExceeded, "texts told by patterns")
            }
            guard let string = String(validating: bytes, as: UTF8.self) else {
                throw reader.failure(.invalidText, "a text told by a pattern")
            }
            texts.append(Text(string))
        }
        return texts
    }

    private static func append(_ number: Int64, to bytes: inout [UInt8]) {
        let start = bytes.count
        var rest = number
        repeat {
            bytes.append(0x30 + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
