import Credentialing
import HybridTime
import Merging
import Testing

/// The conflicts that happen (domain.md), each played on two replicas and merged every way there is.
@Suite("Conflicts that happen")
struct ConflictTests {
    @Test("1: the same walk-in made at two stations is one question about two dossiers")
    func walkInTwice() throws {
        var world = try World()
        let passport = RegisterPerson.Document(type: .passport, country: "GBR", lastFour: "4411", keyedHash: [7, 7, 7])
        func form(_ number: String, _ family: String) -> RegisterPerson {
            var form = RegisterPerson(candidateNumber: number, given: "Zoë", family: family)
            form.dateOfBirth = "2001-06-01"
            form.isWalkIn = true
            form.documents = [passport]
            return form
        }
        let one = try world.first.run(form("W1", "O'Brien"), by: "dora")[0].document
        let other = try world.second.run(form("W2", "Obrien"), by: "emil")[0].document
        let merged = try world.merged()
        let violation = try merged.only("X1")
        #expect(violation.members == [one, other].sorted())
        #expect(violation.text.contains("same identity document"))
        #expect(merged.violations.count == 1)
    }

    @Test("1: without a document, near names and one date of birth are enough to ask")
    func nearNames() throws {
        var world = try World()
        var form = RegisterPerson(candidateNumber: "W1", given: "Łukasz", family: "Müller")
        form.dateOfBirth = "2001-06-01"
        try world.first.run(form, by: "dora")
        form = RegisterPerson(candidateNumber: "W2", given: "Lukasz", family: "Muller-Kowalska")
        form.dateOfBirth = "2001-06-01"
        try world.second.run(form, by: "emil")
        #expect(try world.merged().only("X1").text.contains("like names"))
        // Once the name is put right, nothing is left of the question.
        try world.sync()
        let person = try #require(
            try world.first.records(Person.kind, where: Person.candidateNumber, equals: .text("W2")).first)
        try world.first.run(CorrectName(person: person.name, given: "Petra", family: "Schmidt"), by: "hq")
        #expect(try world.merged().violations.isEmpty)
    }

    @Test("2: a transfer at headquarters and a no-show at the old site open a case, and the no-show does not count")
    func transferAndNoShow() throws {
        var world = try World()
        try world.first.run(
            TransferBooking(booking: world.anaBooking, to: world.otherSession, ticketCode: "T9"), by: "hq")
        try world.second.run(MarkNoShow(booking: world.anaBooking), by: "dora")
        let merged = try world.merged()
        let violation = try merged.only("Q-booking.transferred_seen")
        #expect(violation.members == [world.anaBooking])
        #expect(violation.safeDefault == .doesNotCount)
        let count = try Reconciliation(session: world.session, reading: merged)
        #expect(count.gaps.contains(world.anaBooking), "two ends are not exactly one")
    }

    @Test("3: two desks that fill seat 12 open one case, and nobody is moved")
    func seatTwice() throws {
        var world = try World()
        let seat = world.seats[1]
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: seat), by: "dora")
        try world.second.run(CheckInPerson(booking: world.benBooking, seat: seat), by: "emil")
        let merged = try world.merged()
        let violation = try merged.only("X3")
        #expect(violation.members == [world.anaBooking, world.benBooking].sorted())
        #expect(violation.text.contains("Seat 12"))
        for booking in violation.members {
            #expect(try merged.view(booking, Booking.kind).reference(Booking.seat) == seat)
        }
    }

    @Test(
        "4: one desk refuses a name, another admits it with a marriage certificate: presence is shown, a person is asked"
    )
    func refusedAndAdmitted() throws {
        var world = try World()
        try world.first.run(
            CheckInPerson(booking: world.anaBooking, decision: .refuse, nameResult: .mismatch), by: "dora")
        var admission = CheckInPerson(booking: world.anaBooking, seat: world.seats[0], nameResult: .documented)
        admission.supplementaryDocument = "marriage certificate"
        try world.second.run(admission, by: "emil")
        let merged = try world.merged()
        #expect(try merged.view(world.anaBooking, Booking.kind).text(Booking.arrival) == "checked_in")
        #expect(try merged.only("Q-booking.arrival").text.contains("turned away and admitted"))
        #expect(
            try merged.records(CheckIn.kind, where: CheckIn.booking, equals: .reference(world.anaBooking)).count == 2)
    }

    @Test("4: an admission that had seen the refusal asks nobody")
    func refusedThenAdmitted() throws {
        var world = try World()
        try world.first.run(
            CheckInPerson(booking: world.anaBooking, decision: .refuse, nameResult: .mismatch), by: "dora")
        try world.sync()
        try world.second.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "emil")
        #expect(try world.merged().violations.isEmpty)
    }

    @Test("5: a cancellation at headquarters and an admission at the site hold the sitting until somebody decides")
    func cancelledAndAdmitted() throws {
        var world = try World()
        try world.first.run(CancelBooking(booking: world.anaBooking), by: "hq")
        try world.second.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        let violation = try world.merged().only("Q-booking.cancelled_present")
        #expect(violation.safeDefault == .hold)
        try world.sync()
        try world.first.decide(violation, "sitting-stands", by: "head")
        #expect(try world.merged().standing(of: violation) == .settled(decision: "sitting-stands"))
    }

    @Test("8: scores keyed 85 and 58 stay provisional until a third person adjudicates")
    func keyedDifferently() throws {
        var world = try World()
        let sitting = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        try world.sync()
        try world.first.run(EnterScore(sitting: sitting, component: world.component, role: .first, raw: 85), by: "dora")
        try world.second.run(
            EnterScore(sitting: sitting, component: world.component, role: .second, raw: 58), by: "emil")
        let violation = try world.merged().only("X7")
        #expect(violation.safeDefault == .provisional)
        #expect(violation.members.count == 2)
        #expect(!violation.text.contains("85") && !violation.text.contains("58"), "whoever adjudicates sees neither")
        try world.sync()
        try world.second.run(
            EnterScore(sitting: sitting, component: world.component, role: .adjudicator, raw: 85), by: "fay")
        let merged = try world.merged()
        #expect(merged.violations.isEmpty)
        let (result, _) = try DoubleEntry.read(sitting: sitting, component: world.component, reading: merged)
        #expect(result.outcome == .agreed(raw: 85))
    }

    @Test("9: two clerks who both type the first entry have keyed it twice")
    func firstEntryTwice() throws {
        var world = try World()
        let sitting = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        try world.sync()
        try world.first.run(EnterScore(sitting: sitting, component: world.component, role: .first, raw: 85), by: "dora")
        try world.second.run(
            EnterScore(sitting: sitting, component: world.component, role: .first, raw: 85), by: "emil")
        let merged = try world.merged()
        let (result, _) = try DoubleEntry.read(sitting: sitting, component: world.component, reading: merged)
        #expect(result.outcome == .agreed(raw: 85))
        #expect(merged.violations.isEmpty)
    }

    @Test("9: one clerk who types both entries at two desks has keyed it once")
    func bothEntriesByOne() throws {
        var world = try World()
        let sitting = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        try world.sync()
        try world.first.run(EnterScore(sitting: sitting, component: world.component, role: .first, raw: 85), by: "dora")
        try world.second.run(
            EnterScore(sitting: sitting, component: world.component, role: .second, raw: 85), by: "dora")
        let merged = try world.merged()
        #expect(try merged.only("X8").safeDefault == .doesNotCount)
        let (result, _) = try DoubleEntry.read(sitting: sitting, component: world.component, reading: merged)
        #expect(result.outcome == .pending(keyed: 1))
    }

    @Test("17: a legal name corrected differently at site and headquarters is one question, and one choice settles it")
    func nameTwice() throws {
        var world = try World()
        let site = try world.first.run(CorrectName(person: world.ana, given: "Anna", family: "Nováková"), by: "dora")
        try world.second.run(CorrectName(person: world.ana, given: "Ana", family: "Novak"), by: "hq")
        let merged = try world.merged()
        #expect(merged.violations.count == 1)
        let violation = try merged.only("Q-person.legal_name")
        #expect(violation.text == "The legal name of candidate C1: is it Ana Novak or Anna Nováková?")
        try world.sync()
        try world.second.run(
            ResolveCase(
                violation: violation, answer: .choose(site[0].dot),
                reason: "passport seen", digesting: digesting), by: "head")
        let settled = try world.merged()
        #expect(settled.violations.isEmpty)
        let person = try settled.view(world.ana, Person.kind)
        #expect(DisplayName(person).description == "Anna Nováková")
        #expect(person.text(Person.nameKey) == NameFolding.key(given: "Anna", family: "Nováková"))
    }

    @Test("17: what is shown is always one of the names that somebody wrote, never parts of two")
    func nameIsNeverMixed() throws {
        var world = try World()
        world.first.now += 5_000
        try world.first.run(CorrectName(person: world.ana, given: "Anna", family: "Novák"), by: "dora")
        try world.second.run(CorrectName(person: world.ana, given: "Ana", family: "Horák"), by: "hq")
        let person = try world.merged().view(world.ana, Person.kind)
        #expect(["Anna Novák", "Ana Horák"].contains(DisplayName(person).description))
        #expect(
            person.text(Person.nameKey)
                == NameFolding.key(
                    given: person.text(Person.givenName), family: person.text(Person.familyName)))
    }

    @Test("A person admitted to two sessions that overlap holds both results")
    func overlapping() throws {
        var world = try World()
        let other = RecordName(
            try world.first.run(Book(person: world.ana, session: world.otherSession, ticketCode: "T3"), by: "hq")[0]
                .dot, 1)
        try world.sync()
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        try world.second.run(CheckInPerson(booking: other, seat: world.seats[2]), by: "emil")
        let violation = try world.merged().only("X2")
        #expect(violation.members == [world.anaBooking, other].sorted())
        #expect(violation.safeDefault == .hold)
    }

    @Test("A person whom two desks admit under one booking has two sittings, and a case")
    func admittedTwice() throws {
        var world = try World()
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        try world.second.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[1]), by: "emil")
        let merged = try world.merged()
        #expect(try merged.only("X24").members.count == 2)
        #expect(try merged.only("Q-booking.seat").members == [world.anaBooking])
        #expect(merged.violations.count == 2)
    }

    @Test("A no-show with a score is held")
    func absentWithScore() throws {
        var world = try World()
        let sitting = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        try world.sync()
        let event = try #require(
            try world.second.records(CheckIn.kind, where: CheckIn.booking, equals: .reference(world.anaBooking)).first)
        try world.second.run(
            VoidCheckIn(checkIn: event.name, reason: "another person's card"), by: "emil")
        try world.second.run(MarkNoShow(booking: world.anaBooking), by: "emil")
        try world.first.run(EnterScore(sitting: sitting, component: world.component, role: .first, raw: 70), by: "dora")
        #expect(try world.merged().only("X16").members.count == 2)
    }
}
