import ChangeSets
import Credentialing
import HybridTime
import Merging
import Testing

/// A repeatable generator (SplitMix64).
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("Laws of rules")
struct LawTests {
    @Test(
        "Violations are a function of merged state, whatever was done where and however it was merged",
        arguments: 1...40)
    func functionOfState(seed: Int) throws {
        var random = Generator(state: UInt64(seed))
        var world = try World()
        var done = 0
        for _ in 0..<24 {
            let onFirst = Bool.random(using: &random)
            var replica = onFirst ? world.first : world.second
            replica.now += Int64.random(in: 0...90_000, using: &random)
            if try step(world, &replica, &random) { done += 1 }
            if onFirst { world.first = replica } else { world.second = replica }
            if Int.random(in: 0..<12, using: &random) == 0 { try world.sync() }
        }
        #expect(done > 2, "most of what is tried is refused; some is not")
        _ = try world.merged()
    }

    @Test("The scripts of the law do break rules, or it would prove nothing")
    func canary() throws {
        var rules = Set<RuleID>()
        for seed in 1...12 {
            var random = Generator(state: UInt64(seed))
            var world = try World()
            for _ in 0..<24 {
                let onFirst = Bool.random(using: &random)
                var replica = onFirst ? world.first : world.second
                _ = try step(world, &replica, &random)
                if onFirst { world.first = replica } else { world.second = replica }
            }
            try world.sync()
            rules.formUnion(world.first.violations.keys.map(\.rule))
        }
        #expect(rules.count >= 5, "\(rules.sorted())")
    }

    /// One thing that somebody might do; false where it is refused.
    private func step(_ world: World, _ replica: inout Replica, _ random: inout Generator) throws -> Bool {
        let booking = Bool.random(using: &random) ? world.anaBooking : world.benBooking
        let person = Bool.random(using: &random) ? world.ana : world.ben
        let seat = world.seats[Int.random(in: 0..<2, using: &random)]
        let actor = ["dora", "emil", "fay"][Int.random(in: 0..<3, using: &random)]
        let sittings = replica.views.filter { $0.kind == Sitting.kind }
        let sitting = sittings.randomElement(using: &random)?.name ?? booking
        let raw = Int64.random(in: 50...51, using: &random)
        let command: any Command =
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1: CheckInPerson(booking: booking, seat: seat)
            case 2: CheckInPerson(booking: booking, decision: .refuse)
            case 3: MarkNoShow(booking: booking)
            case 4: CancelBooking(booking: booking)
            case 5:
                CorrectName(
                    person: person, given: "Ana",
                    family: ["Novák", "Novak", "Horák"].randomElement(using: &random) ?? "")
            case 6: StartSitting(sitting: sitting)
            case 7: FinishSitting(sitting: sitting)
            case 8: EnterScore(sitting: sitting, component: world.component, role: .first, raw: raw)
            case 9: EnterScore(sitting: sitting, component: world.component, role: .second, raw: raw)
            case 10: Book(person: person, session: world.otherSession, ticketCode: "T\(random.next() % 1_000)")
            default:
                VoidCheckIn(
                    checkIn: replica.views.filter { $0.kind == CheckIn.kind }.randomElement(using: &random)?.name
                        ?? booking,
                    reason: "slip")
            }
        do {
            try replica.run(command, by: actor)
            return true
        } catch is CommandRefusal {
            return false
        }
    }
}
