import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What the device's clocks say at one moment.
public struct ClockReading: Equatable, Sendable {
    /// The wall clock, in milliseconds since 1970.
    public var device: Int64
    /// Milliseconds since the machine started, sleep included; it cannot be set.
    public var uptime: Int64
    /// Which start of the machine that was.
    public var boot: String

    public init(device: Int64, uptime: Int64, boot: String) {
        self.device = device
        self.uptime = uptime
        self.boot = boot
    }

    public static func now() -> ClockReading {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return ClockReading(
            device: Int64(Date().timeIntervalSince1970 * 1_000),
            uptime: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000, boot: ClockReading.boot)
    }

    private static let boot =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))
        .map { String($0.prefix { !$0.isWhitespace }) } ?? ""
}

/// The hub's clock as a device knows it since they last met: what stamps and times of work are taken from.
///
/// Until the machine starts again the uptime carries it on, so that setting the device's clock afterwards changes nothing.
/// After that the device's clock is taken to be off by as much as before, and never to run behind the last meeting. What
/// a wrong one still does is bounded: stamps are per document, and causality goes first.
public struct TrustedClock: Equatable, Sendable {
    /// The hub's clock less the device's when they met.
    public let skew: Int64
    /// What the device's clocks said then.
    public let met: ClockReading

    public init(skew: Int64, met: ClockReading) {
        self.skew = skew
        self.met = met
    }

    /// A skew up to this is left alone: the network alone may account for it.
    public static let quietMilliseconds: Int64 = 2_000
    /// A hub's clock before 2024 or from 2100 on is not to be believed; the device's own is no worse.
    public static let believable: Range<Int64> = 1_704_067_200_000..<4_102_444_800_000

    /// The hub's clock when they met; nil where it was not to be believed.
    private var hub: Int64? {
        let (hub, overflows) = met.device.addingReportingOverflow(skew)
        return !overflows && TrustedClock.believable.contains(hub) ? hub : nil
    }

    /// The time to work with, in milliseconds since 1970.
    public func time(_ now: ClockReading) -> Int64 {
        guard let hub else { return now.device }
        if now.boot == met.boot, !now.boot.isEmpty, now.uptime >= met.uptime {
            let (carried, overflows) = hub.addingReportingOverflow(now.uptime - met.uptime)
            let (difference, differs) = carried.subtractingReportingOverflow(now.device)
            if overflows { return now.device }
            return !differs && abs(clamping: difference) <= TrustedClock.quietMilliseconds ? now.device : carried
        }
        if abs(clamping: skew) <= TrustedClock.quietMilliseconds { return now.device }
        let (corrected, overflows) = now.device.addingReportingOverflow(skew)
        return overflows ? now.device : max(corrected, hub)
    }
}

private func abs(clamping value: Int64) -> Int64 { value == .min ? .max : Swift.abs(value) }

extension TrustedClock {
    var text: String { "\(skew) \(met.device) \(met.uptime) \(met.boot)" }

    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, let skew = Int64(words[0]), let device = Int64(words[1]), let uptime = Int64(words[2])
        else { return nil }
        self.init(skew: skew, met: ClockReading(device: device, uptime: uptime, boot: String(words[3])))
    }
}
