import Foundation

/// Moments as people at a site say them, by the device's time zone.
enum DayTime {
    /// For example `09:00`.
    static func time(_ milliseconds: Int64) -> String {
        let parts = Calendar.current.dateComponents([.hour, .minute], from: date(milliseconds))
        return "\(two(parts.hour ?? 0)):\(two(parts.minute ?? 0))"
    }

    /// For example `3 Dec`; nil for a moment of the same day as `now`.
    static func day(_ milliseconds: Int64, unlessOn now: Int64) -> String? {
        if Calendar.current.isDate(date(milliseconds), inSameDayAs: date(now)) { return nil }
        let parts = Calendar.current.dateComponents([.month, .day], from: date(milliseconds))
        let month = (parts.month ?? 1) - 1
        return "\(parts.day ?? 0) \(months.indices.contains(month) ? months[month] : "")"
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func date(_ milliseconds: Int64) -> Date {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
