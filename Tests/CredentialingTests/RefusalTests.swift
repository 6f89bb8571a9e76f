import Credentialing
import HybridTime
import Merging
import Testing

/// Commands refuse only what the person at this desk can still put right.
@Suite("Refusals")
struct RefusalTests {
    @Test("Whoever is not known, cancelled or in already is not checked in")
    func checkIn() throws {
        var world = try World()
        let nobody = RecordName(ReplicaID(9), 9, 1)
        let seat = world.seats[0]
        #expect(refusal(CheckInPerson(booking: nobody, seat: seat), on: world.first) == .notKnown)
        #expect(refusal(CheckInPerson(booking: world.anaBooking), on: world.first) == .seatUnknown)
        #expect(refusal(CheckInPerson(booking: world.anaBooking, seat: nobody), on: world.first) == .seatUnknown)
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: seat), by: "dora")
        #expect(refusal(CheckInPerson(booking: world.anaBooking, seat: seat), on: world.first) == .alreadyCheckedIn)
        #expect(refusal(CheckInPerson(booking: world.benBooking, seat: seat), on: world.first) == .seatTaken)
        #expect(refusal(MarkNoShow(booking: world.anaBooking), on: world.first) == .alreadyCheckedIn)
        #expect(refusal(CancelBooking(booking: world.anaBooking), on: world.first) == .alreadyCheckedIn)
        try world.first.run(CancelBooking(booking: world.benBooking), by: "hq")
        #expect(
            refusal(CheckInPerson(booking: world.benBooking, seat: world.seats[1]), on: world.first)
                == .bookingCancelled)
        #expect(refusal(MarkNoShow(booking: world.benBooking), on: world.first) == .bookingCancelled)
    }

    @Test("An identity that is not established needs another person's waiver")
    func waiver() throws {
        var world = try World()
        var form = CheckInPerson(booking: world.anaBooking, seat: world.seats[0])
        form.dateOfBirthMatch = false
        #expect(refusal(form, on: world.first) == .approvalMissing)
        form.waiver = .init(reason: "clerk's slip, birth certificate seen", approver: "dora")
        #expect(refusal(form, on: world.first) == .approvalMissing, "nobody approves for themselves")
        form.waiver = .init(reason: " ", approver: "sam")
        #expect(refusal(form, on: world.first) == .missing)
        form.waiver = .init(reason: "clerk's slip, birth certificate seen", approver: "sam")
        form.nameResult = .mismatch
        #expect(refusal(form, on: world.first) == .nameMismatch, "no waiver admits another name")
        form.nameResult = .documented
        #expect(refusal(form, on: world.first) == .missing, "the paper is to be named")
        form.nameResult = .minor
        #expect(refusal(form, on: world.first) == nil)
        world.first.now = World.start + 31 * 60_000
        #expect(
            refusal(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), on: world.first) == .approvalMissing
        )
        world.first.now = World.start + 30 * 60_000
        #expect(refusal(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), on: world.first) == nil)
    }

    @Test("A session whose start is out of reach makes nobody late, and is no trap")
    func farAway() throws {
        var world = try World()
        let form = CheckInPerson(booking: world.anaBooking, seat: world.seats[0])
        world.first.now = .min
        #expect(refusal(form, on: world.first) == nil)
    }

    @Test("A closed session takes no more work, and closing asks for every booking")
    func session() throws {
        var world = try World()
        #expect(refusal(CloseSession(session: world.session), on: world.first) == .sessionGaps)
        _ = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        do {
            try world.first.run(CloseSession(session: world.session), by: "dora")
            Issue.record("Ben is not accounted for")
        } catch let refusal as CommandRefusal {
            #expect(refusal.records == [world.benBooking])
        }
        var withGaps = world.first
        try withGaps.run(CloseSession(session: world.session, gapReason: "Ben left with the fire brigade"), by: "dora")
        let closure = try #require(try withGaps.records(in: world.session, SessionClosure.kind).first)
        #expect(closure.integer(SessionClosure.gaps) == 1)
        #expect(closure.integer(SessionClosure.finished) == 1)
        try world.first.run(MarkNoShow(booking: world.benBooking), by: "dora")
        try world.first.run(CloseSession(session: world.session), by: "dora")
        #expect(refusal(CloseSession(session: world.session), on: world.first) == .sessionClosed)
        #expect(
            refusal(CheckInPerson(booking: world.benBooking, seat: world.seats[1]), on: world.first) == .sessionClosed)
        #expect(
            refusal(Book(person: world.ben, session: world.session, ticketCode: "T7"), on: world.first)
                == .sessionClosed)
        let report = ReportIncident(
            session: world.session, incidentType: .misconduct, severity: .major, narrative: "Notes found under seat 11")
        #expect(refusal(report, on: world.first) == nil, "an incident is reported whenever it comes out")
    }

    @Test("Scores are refused before the end, out of range, twice by one person, and in a role that is taken")
    func scores() throws {
        var world = try World()
        let admission = try world.first.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        let sitting = RecordName(admission[0].dot, 2)
        func entry(_ role: ScoreRole, _ raw: Int64?, supersedes: RecordName? = nil) -> EnterScore {
            EnterScore(sitting: sitting, component: world.component, role: role, raw: raw, supersedes: supersedes)
        }
        #expect(refusal(FinishSitting(sitting: sitting), on: world.first) == .notAdmitted)
        try world.first.run(StartSitting(sitting: sitting), by: "dora")
        #expect(refusal(StartSitting(sitting: sitting), on: world.first) == .alreadyDecided)
        #expect(refusal(entry(.first, 85), on: world.first) == .notFinished)
        try world.first.run(FinishSitting(sitting: sitting), by: "dora")
        #expect(refusal(entry(.first, 101), on: world.first) == .scoreOutOfRange)
        #expect(refusal(entry(.first, -1), on: world.first) == .scoreOutOfRange)
        #expect(refusal(entry(.first, nil), on: world.first) == .missing)
        #expect(refusal(entry(.adjudicator, 85), on: world.first) == .nothingToDo)
        let first = RecordName(try world.first.run(entry(.first, 100), by: "dora")[0].dot, 1)
        #expect(refusal(entry(.second, 100), on: world.first) == .samePersonTwice)
        #expect(refusal(entry(.first, 100), on: world.first, by: "emil") == .roleTaken)
        #expect(refusal(entry(.first, 90, supersedes: first), on: world.first, by: "emil") == .notYours)
        #expect(refusal(entry(.second, 0), on: world.first, by: "emil") == nil)
        try world.first.run(entry(.first, 90, supersedes: first), by: "dora")
        #expect(refusal(entry(.first, 80, supersedes: first), on: world.first) == .alreadyDecided)
    }

    @Test("What is there already is not made again: numbers, codes, tickets, keys and bookings")
    func duplicates() throws {
        let world = try World()
        #expect(
            refusal(RegisterPerson(candidateNumber: "C1", given: "X", family: "Y"), on: world.first) == .alreadyThere)
        #expect(refusal(RegisterPerson(candidateNumber: "C3", given: " ", family: ""), on: world.first) == .missing)
        var form = RegisterPerson(candidateNumber: "C3", given: "X", family: "Y")
        form.dateOfBirth = "1999-02-29"
        #expect(refusal(form, on: world.first) == .badDate)
        form.dateOfBirth = "2000-02-29"
        #expect(refusal(form, on: world.first) == nil)
        #expect(
            refusal(CreateSite(code: "LEEDS", title: "L", region: "n", rooms: []), on: world.first) == .alreadyThere)
        #expect(
            refusal(Book(person: world.ana, session: world.session, ticketCode: "T8"), on: world.first)
                == .alreadyBooked)
        #expect(
            refusal(Book(person: world.ben, session: world.otherSession, ticketCode: "T1"), on: world.first)
                == .alreadyThere)
        #expect(refusal(CorrectName(person: world.ana, given: "Ana", family: "Novák"), on: world.first) == .nothingToDo)
        #expect(refusal(UpdateContact(person: world.ana), on: world.first) == .nothingToDo)
    }

    @Test("A blank leaves contact data alone and clearing is explicit")
    func contact() throws {
        var world = try World()
        var form = UpdateContact(person: world.ana)
        form.phone = .set("0113 496 0000")
        form.address = .set("1 Mill Lane")
        form.emailsAdded = ["ana@example.org"]
        try world.first.run(form, by: "dora")
        form = UpdateContact(person: world.ana)
        form.address = .clear
        try world.first.run(form, by: "dora")
        let person = try world.first.view(world.ana, Person.kind)
        #expect(person.text(Person.phone) == "0113 496 0000")
        #expect(person[Person.address] == .null)
        #expect(person.elements(Person.emails) == ["ana@example.org"])
    }

    @Test("A voided check-in frees the seat and the booking, and voids its sitting")
    func void() throws {
        var world = try World()
        let admission = try world.first.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        let event = RecordName(admission[0].dot, 1)
        try world.first.run(VoidCheckIn(checkIn: event, reason: "wrong Ana"), by: "dora")
        #expect(refusal(VoidCheckIn(checkIn: event, reason: "again"), on: world.first) == .alreadyDecided)
        #expect(refusal(StartSitting(sitting: RecordName(admission[0].dot, 2)), on: world.first) == .sittingVoid)
        try world.first.run(CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        #expect(world.first.violations.isEmpty)
    }
}
