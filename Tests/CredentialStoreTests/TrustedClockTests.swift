import CredentialStore
import Testing

@Suite("The clock that work goes by")
struct TrustedClockTests {
    private static let year: Int64 = 365 * 86_400_000
    private static let today: Int64 = 1_760_000_000_000

    private func reading(_ device: Int64, _ uptime: Int64, boot: String = "a") -> ClockReading {
        ClockReading(device: device, uptime: uptime, boot: boot)
    }

    @Test(
        "A device that is off by minutes or years works with its hub's time",
        arguments: [190_000, -190_000, 7 * year, -7 * year])
    func corrected(skew: Int64) {
        let device = Self.today - skew
        let clock = TrustedClock(skew: skew, met: reading(device, 5_000))
        #expect(clock.time(reading(device + 60_000, 65_000)) == Self.today + 60_000)
        // After a start of the machine the same clock is off by as much.
        #expect(clock.time(reading(device + 90_000, 10, boot: "b")) == Self.today + 90_000)
    }

    @Test("Setting the device's clock after the meeting changes nothing while the machine runs", arguments: [-5, 5])
    func jump(years: Int64) {
        let clock = TrustedClock(skew: 190_000, met: reading(Self.today - 190_000, 5_000))
        #expect(clock.time(reading(Self.today + years * Self.year, 6_000)) == Self.today + 1_000)
        let right = TrustedClock(skew: 40, met: reading(Self.today, 5_000))
        #expect(right.time(reading(Self.today + years * Self.year, 6_000)) == Self.today + 1_040)
    }

    @Test("A clock that was mended while the machine was off never leads behind the last meeting")
    func mended() {
        let clock = TrustedClock(skew: -3 * Self.year, met: reading(Self.today + 3 * Self.year, 5_000))
        #expect(clock.time(reading(Self.today + 1_000, 7, boot: "b")) == Self.today)
    }

    @Test("A small difference is left alone, and a hub from another century is not believed")
    func quiet() {
        let small = TrustedClock(skew: 1_500, met: reading(Self.today, 5_000))
        #expect(small.time(reading(Self.today + 9, 5_009)) == Self.today + 9)
        for hub in [Int64(0), .max, .min, 5_000_000_000_000] {
            let (skew, overflow) = hub.subtractingReportingOverflow(Self.today)
            let clock = TrustedClock(skew: overflow ? hub : skew, met: reading(Self.today, 5_000))
            #expect(clock.time(reading(Self.today + 9, 5_009)) == Self.today + 9)
            #expect(clock.time(reading(.max, .max)) == .max)
            #expect(clock.time(reading(.min, 0, boot: "b")) == .min)
        }
    }
}
