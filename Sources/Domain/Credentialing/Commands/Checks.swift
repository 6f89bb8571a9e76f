import ChangeSets

/// The checks that forms share.
enum Checks {
    /// Names, titles and addresses.
    static let lineBytesMax = 1_000
    /// Reports.
    static let narrativeBytesMax = 16_000

    /// A text that must be there, without the blanks around it.
    static func required(
        _ text: String, _ noun: String, limit: Int = lineBytesMax
    ) throws(CommandRefusal) -> String {
        guard let text = try optional(text, noun, limit: limit) else {
            throw CommandRefusal(.missing, "The \(noun) is missing: fill it in.")
        }
        return text
    }

    /// A text that may be blank, which then is nil.
    static func optional(
        _ text: String?, _ noun: String, limit: Int = lineBytesMax
    ) throws(CommandRefusal) -> String? {
        guard let text else { return nil }
        let trimmed = trim(text)
        guard trimmed.utf8.count <= limit else {
            throw CommandRefusal(.tooLong, "The \(noun) is longer than \(limit) bytes: shorten it.")
        }
        return trimmed.isEmpty ? nil : trimmed
    }

    private static func trim(_ text: String) -> String {
        var rest = text.unicodeScalars[...]
        while rest.first?.properties.isWhitespace == true { rest.removeFirst() }
        while rest.last?.properties.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// A date `YYYY-MM-DD` of the Gregorian calendar, or nil.
    static func date(_ text: String?, _ noun: String) throws(CommandRefusal) -> String? {
        guard let text = try optional(text, noun) else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x39).contains($0) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month),
            year > 0, (1...days(in: month, year)).contains(day)
        else {
            throw CommandRefusal(.badDate, "The \(noun) \(text) is no date: write it as 1990-02-28.")
        }
        return text
    }

    private static func days(in month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
