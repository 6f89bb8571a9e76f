/// How far a clock is off, as people say it.
enum ClockWords {
    /// For example "3 min 10 s fast".
    /// - Parameter skew: the hub's clock less the device's, in milliseconds.
    static func amount(_ skew: Int64) -> String {
        let seconds = skew.magnitude / 1_000
        let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400)
        let words =
            if seconds < 60 {
                "\(seconds) s"
            } else if minutes < 60 {
                seconds % 60 == 0 ? "\(minutes) min" : "\(minutes) min \(seconds % 60) s"
            } else if hours < 48 {
                minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min"
            } else {
                days < 730 ? "\(days) days" : "\(days / 365) years"
            }
        return "\(words) \(skew > 0 ? "slow" : "fast")"
    }
}
