/// How often somebody's PIN was tried wrongly on this device, and until when no more is tried. Kept in the store before
/// the PIN is looked at, so that neither a restart nor a killed program gives tries away.
public struct SignInGuard: Hashable, Sendable {
    public private(set) var failures = 0
    /// The time of work in milliseconds since 1970 before which nothing is tried.
    public private(set) var until: Int64 = 0

    public init() {}

    /// Tries that cost no wait.
    public static let triesFree = 3
    /// The waits after the free tries, in seconds; the last one stays.
    static let waitsSeconds: [Int64] = [10, 30, 60, 300, 900]

    /// - Returns: a fresh guard for what this type did not write.
    public init(text: String?) {
        let parts = text?.split(separator: " ").map { Int64($0) } ?? []
        guard parts.count == 2, let count = parts[0], let until = parts[1], count >= 0 else { return }
        failures = Int(clamping: count)
        self.until = until
    }

    public var text: String { "\(failures) \(until)" }

    /// The milliseconds to wait now. A clock that was put back makes nobody wait for longer than the longest wait.
    public func wait(_ now: Int64) -> Int64 {
        let (left, isFar) = until.subtractingReportingOverflow(now)
        let longest = (SignInGuard.waitsSeconds.last ?? 0) * 1000
        return isFar ? (until > now ? longest : 0) : min(max(left, 0), longest)
    }

    /// Counts a try as failed, which it is until it is known to be right.
    public mutating func fail(_ now: Int64) {
        failures = min(failures + 1, 1_000_000)
        guard failures >= SignInGuard.triesFree else { return }
        let waits = SignInGuard.waitsSeconds
        let wait = waits[min(failures - SignInGuard.triesFree, waits.count - 1)] * 1000
        until = now.addingReportingOverflow(wait).partialValue
    }
}
