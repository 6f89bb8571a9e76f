import Foundation

/// The device's clock as sessions state it.
public enum WallClock {
    /// Milliseconds since 1970.
    public static func milliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }
}

/// How far the hub's clock is ahead of ours.
public struct ClockSkew: Hashable, Sendable {
    /// Hub less device; negative where the device is ahead.
    public let milliseconds: Int64
    /// Half of the round trip: the skew is right within this.
    public let uncertaintyMilliseconds: Int64

    /// Takes the hub's clock as read in the middle of the round trip (RFC 5905, section 8, with one sample).
    public init(hubClock: Int64, sentAt: Int64, roundTripMilliseconds: Int64) {
        uncertaintyMilliseconds = max(0, roundTripMilliseconds) / 2
        let (middle, _) = sentAt.addingReportingOverflow(uncertaintyMilliseconds)
        let (skew, overflow) = hubClock.subtractingReportingOverflow(middle)
        // Never the least number: its magnitude would be a trap to whoever shows it, and the hub's clock is foreign.
        milliseconds = overflow ? (hubClock < middle ? -.max : .max) : max(skew, -.max)
    }
}
