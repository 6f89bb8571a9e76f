import HybridTime
import Merging
import ReplicaStore
import SyncTransport
import Testing

@Suite("Clocks that are years off", .timeLimit(.minutes(2)))
struct ClockTests {
    /// A device with its clock; `ahead` is how far that is before the right one, in milliseconds.
    private struct Device {
        let node: Node
        let ahead: Int64

        var now: Int64 { WallClock.milliseconds() + ahead }

        func write(_ person: RecordName, _ title: String) throws {
            try node.store.set(person, Fixture.title, .text(Text(title)), time: now)
        }

        func title(of person: RecordName) throws -> Value? {
            try node.store.documents()[person]?.records[person]?.cell(Fixture.title.tag)?.greatest.value
        }
    }

    private static let year: Int64 = 365 * 86_400_000

    @Test("Devices ten years ahead, ten behind and in 1970 are told so, and lose and refuse nothing")
    func yearsOff() async throws {
        let offsets = [0, 10 * ClockTests.year, -10 * ClockTests.year, -WallClock.milliseconds()]
        let devices = try offsets.enumerated().map { Device(node: try Node(UInt64($0.offset + 1)), ahead: $0.element) }
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hub in
            let person = try hub.store.makePerson("at HQ")
            func everyoneSyncs() async throws {
                for device in devices + devices {
                    let totals = try await device.node.sync(with: hub, ahead: device.ahead)
                    let skew = try #require(totals.skew)
                    let wrong = skew.milliseconds + device.ahead
                    #expect(abs(wrong) <= skew.uncertaintyMilliseconds + 60_000, "\(skew) of \(-device.ahead)")
                }
                try Node.expectSame(devices.map(\.node) + [hub], "after a round")
                #expect(try hub.store.count("SELECT count(*) FROM quarantine") == 0)
            }
            try await everyoneSyncs()
            // All at once: every value is kept, and the same one is shown everywhere.
            for (number, device) in devices.enumerated() { try device.write(person, "at once \(number)") }
            try await everyoneSyncs()
            let siblings = try #require(try hub.store.documents()[person]?.records[person]?.cell(Fixture.title.tag))
            #expect(siblings.siblings.count == devices.count)
            // One after the other: whoever wrote last, having seen the others, is shown, whatever their clock.
            for (number, device) in (devices + devices.reversed()).enumerated() {
                try device.write(person, "in turn \(number)")
                try await everyoneSyncs()
                for reader in devices { #expect(try reader.title(of: person) == .text(Text("in turn \(number)"))) }
            }
        }
    }
}
