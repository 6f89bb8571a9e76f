import Foundation

/// Times as people at this device read them.
enum LocalTime {
    /// For example `2026-03-06 09:12`; with seconds where asked for.
    static func text(_ milliseconds: Int64, seconds: Bool = false) -> String {
        guard let parts = parts(milliseconds) else { return "\(milliseconds) ms" }
        let time = "\(date(parts)) \(padded(parts.tm_hour)):\(padded(parts.tm_min))"
        return seconds ? "\(time):\(padded(parts.tm_sec))" : time
    }

    /// For example `09:12`.
    static func clock(_ milliseconds: Int64) -> String {
        guard let parts = parts(milliseconds) else { return "\(milliseconds) ms" }
        return "\(padded(parts.tm_hour)):\(padded(parts.tm_min))"
    }

    /// For example `2026-03-06`.
    static func day(_ milliseconds: Int64) -> String { parts(milliseconds).map(date) ?? "\(milliseconds) ms" }

    /// The milliseconds of a day of this device's calendar.
    /// - Returns: nil for what is no date.
    static func range(ofDay text: String) -> Range<Int64>? {
        let numbers = text.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int32($0) }
        guard numbers.count == 3, (1...9_999).contains(numbers[0]), (1...12).contains(numbers[1]),
            (1...31).contains(numbers[2])
        else { return nil }
        func midnight(_ day: Int32) -> Int64 {
            var parts = tm()
            parts.tm_year = numbers[0] - 1_900
            parts.tm_mon = numbers[1] - 1
            parts.tm_mday = day
            parts.tm_isdst = -1
            return Int64(mktime(&parts)) * 1_000
        }
        let start = midnight(numbers[2])
        guard day(start) == text else { return nil }
        return start..<midnight(numbers[2] + 1)
    }

    private static func parts(_ milliseconds: Int64) -> tm? {
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        return localtime_r(&seconds, &parts) == nil ? nil : parts
    }

    private static func date(_ parts: tm) -> String {
        "\(parts.tm_year + 1_900)-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : String(number) }
}
