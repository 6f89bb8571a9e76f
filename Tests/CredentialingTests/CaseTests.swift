import Credentialing
import HybridTime
import Merging
import Testing

@Suite("Cases")
struct CaseTests {
    private func seatTwice() throws -> (world: World, violation: Violation) {
        var world = try World()
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[1]), by: "dora")
        try world.second.run(CheckInPerson(booking: world.benBooking, seat: world.seats[1]), by: "emil")
        try world.sync()
        return (world, try world.first.only("X3"))
    }

    @Test("A case is open until somebody decides, and a later phone number reopens nothing")
    func settled() throws {
        var (world, violation) = try seatTwice()
        #expect(try world.first.standing(of: violation) == .open)
        try world.first.decide(violation, "ana-sat-there", by: "head")
        var form = UpdateContact(person: world.ana)
        form.phone = .set("1")
        try world.second.run(form, by: "emil")
        #expect(try world.merged().standing(of: violation) == .settled(decision: "ana-sat-there"))
        let file = try world.first.view(violation.caseName(digesting), CaseFile.kind)
        #expect(file.text(CaseFile.rule) == "X3")
        #expect(file.elements(CaseFile.scopes) == ["region/north", "site/LEEDS"])
    }

    @Test("A case reopens when a field concerned says something that the decision had not seen")
    func reopened() throws {
        var (world, violation) = try seatTwice()
        try world.first.decide(violation, "ana-sat-there", by: "head")
        // Meanwhile the other desk corrects Ana's arrival: the same seat, another claim.
        let event = try #require(
            try world.second.records(CheckIn.kind, where: CheckIn.booking, equals: .reference(world.anaBooking)).first)
        try world.second.run(VoidCheckIn(checkIn: event.name, reason: "wrong person"), by: "emil")
        let merged = try world.merged()
        let current = try merged.only("X3")
        #expect(current.caseName(digesting) == violation.caseName(digesting), "it is the same case")
        #expect(try merged.standing(of: current) == .reopened)
    }

    @Test("Two different decisions that did not know of each other escalate, and a third that saw both settles")
    func escalated() throws {
        var (world, violation) = try seatTwice()
        try world.first.decide(violation, "ana-sat-there", by: "head")
        try world.second.decide(violation, "ben-sat-there", by: "deputy")
        let merged = try world.merged()
        guard case .escalated(let resolutions) = try merged.standing(of: violation) else {
            Issue.record("should escalate")
            return
        }
        #expect(resolutions.count == 2)
        try world.sync()
        try world.first.decide(violation, "ben-sat-there", by: "director")
        #expect(try world.merged().standing(of: violation) == .settled(decision: "ben-sat-there"))
    }

    @Test("Two equal decisions that did not know of each other settle")
    func same() throws {
        var (world, violation) = try seatTwice()
        try world.first.decide(violation, "ana-sat-there", by: "head")
        try world.second.decide(violation, "ana-sat-there", by: "deputy")
        #expect(try world.merged().standing(of: violation) == .settled(decision: "ana-sat-there"))
    }

    @Test("Nobody decides on facts that have changed since the case was opened, nor on what no longer holds")
    func stale() throws {
        var (world, violation) = try seatTwice()
        let event = try #require(
            try world.first.records(CheckIn.kind, where: CheckIn.booking, equals: .reference(world.anaBooking)).first)
        try world.first.run(VoidCheckIn(checkIn: event.name, reason: "wrong person"), by: "dora")
        let decision = ResolveCase(
            violation: violation, answer: .decide("x"), reason: "y", digesting: digesting)
        #expect(refusal(decision, on: world.first) == .alreadyDecided)
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[3]), by: "dora")
        #expect(world.first.violations(of: "X3").isEmpty)
        #expect(refusal(decision, on: world.first) == .alreadyDecided)
    }

    @Test("A question about a value is settled by a choice, not by a word, and comes back when it is asked again")
    func cellQuestion() throws {
        var world = try World()
        func disagree() throws {
            try world.first.run(CorrectName(person: world.ana, given: "Anna", family: "Novák"), by: "dora")
            try world.second.run(CorrectName(person: world.ana, given: "Anne", family: "Novák"), by: "emil")
            try world.sync()
        }
        try disagree()
        let violation = try world.first.only("Q-person.legal_name")
        let name = violation.caseName(digesting)
        let word = ResolveCase(violation: violation, answer: .decide("either"), reason: "r", digesting: digesting)
        #expect(refusal(word, on: world.first) == .missing)
        let choices = Choice.all(in: try world.first.view(world.ana, Person.kind), Person.legalName)
        #expect(choices.count == 2)
        let stranger = ResolveCase(
            violation: violation, answer: .choose(Dot(ReplicaID(8), 1)), reason: "r", digesting: digesting)
        #expect(refusal(stranger, on: world.first) == .notKnown)
        try world.first.run(
            ResolveCase(
                violation: violation, answer: .choose(choices[0].dot), reason: "passport", digesting: digesting),
            by: "head")
        #expect(world.first.violations.isEmpty)
        try world.sync()
        try world.first.run(CorrectName(person: world.ana, given: "X", family: "Novák"), by: "dora")
        try world.sync()
        try disagree()
        let again = try world.first.only("Q-person.legal_name")
        #expect(again.caseName(digesting) == name)
        #expect(again.facts == violation.facts, "the same two names are in question")
        #expect(try world.first.standing(of: again) == .reopened, "an old choice does not settle a new question")
    }

    @Test("A form that was opened before a sync overwrites only what its reader had seen")
    func formOpenedBefore() throws {
        var world = try World()
        let opened = try world.first.documentContext(world.ana)
        try world.second.run(CorrectDateOfBirth(person: world.ana, dateOfBirth: "1990-02-27"), by: "hq")
        try world.sync()
        var fresh = world
        try fresh.first.run(CorrectDateOfBirth(person: world.ana, dateOfBirth: "1990-03-28"), by: "dora")
        #expect(fresh.first.violations.isEmpty, "whoever saw the correction overrides it")
        try world.first.run(CorrectDateOfBirth(person: world.ana, dateOfBirth: "1990-03-28", seen: opened), by: "dora")
        #expect(
            try world.merged().only("Q-person.date_of_birth").text
                == "The date of birth of candidate C1: is it 1990-02-27 or 1990-03-28?")
    }

    @Test("A case speaks of people by the names that they have now")
    func textFollowsNames() throws {
        var (world, violation) = try seatTwice()
        #expect(violation.text == "Seat 12 was given to Ana Novák (C1) and Ben Okoro (C2): who sat where?")
        try world.second.run(CorrectName(person: world.ana, given: "Anna", family: "Novák"), by: "hq")
        let now = try world.merged().only("X3")
        #expect(now.text.contains("Anna Novák (C1)"))
        #expect(now.facts == violation.facts, "a name says nothing about a seat")
    }

    @Test("A decision keeps nothing of a person's data")
    func noPersonalData() throws {
        var (world, violation) = try seatTwice()
        try world.first.decide(violation, "ana-sat-there", by: "head")
        let resolution = try #require(
            try world.first.records(in: violation.caseName(digesting), Resolution.kind).first)
        #expect(resolution.bytes(Resolution.facts)?.count == 32)
    }

    @Test("Keys and contexts survive being written down, and bytes that are not theirs are refused")
    func encodings() throws {
        let (world, violation) = try seatTwice()
        #expect(RuleKey(violation.key.text) == violation.key)
        #expect(RuleKey("X3 nonsense") == nil)
        #expect(RuleKey("") == nil)
        let seen = SeenContexts([world.ana: try world.first.documentContext(world.ana), world.ben: .empty])
        #expect(SeenContexts(seen.bytes) == seen)
        #expect(SeenContexts(seen.bytes + [0]) == nil)
        for length in 0..<seen.bytes.count { #expect(SeenContexts(Array(seen.bytes.prefix(length))) == nil) }
    }
}
