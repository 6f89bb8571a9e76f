import Credentialing
import HybridTime
import Merging
import Testing

/// What happens between the admission and the seal.
@Suite("A session's day")
struct DayOfSessionTests {
    /// Ana is in the room and has begun.
    private func sitting(_ world: inout World) throws -> RecordName {
        let admission = try world.first.run(
            CheckInPerson(booking: world.anaBooking, seat: world.seats[0]), by: "dora")
        let sitting = RecordName(admission[0].dot, 2)
        try world.first.run(StartSitting(sitting: sitting), by: "dora")
        return sitting
    }

    @Test("Whoever goes out is out until they come back with their document, and the minutes given back add up")
    func presence() throws {
        var world = try World()
        let sitting = try sitting(&world)
        let back = RecordPresence(sitting: sitting, .back(identityRechecked: true, minutesReturned: 0))
        #expect(refusal(back, on: world.first) == .nothingToDo)
        try world.first.run(RecordPresence(sitting: sitting, .out(.toilet)), by: "dora")
        #expect(refusal(RecordPresence(sitting: sitting, .out(.medical)), on: world.first) == .nothingToDo)
        world.first.now += 7 * 60_000
        #expect(try Presence.read(sitting, reading: world.first).outSince == world.first.now - 7 * 60_000)
        let unchecked = RecordPresence(sitting: sitting, .back(identityRechecked: false, minutesReturned: 0))
        #expect(refusal(unchecked, on: world.first) == .approvalMissing)
        let generous = RecordPresence(sitting: sitting, .back(identityRechecked: true, minutesReturned: 601))
        #expect(refusal(generous, on: world.first) == .tooMany)
        try world.first.run(
            RecordPresence(sitting: sitting, .back(identityRechecked: true, minutesReturned: 5)), by: "dora")
        let presence = try Presence.read(sitting, reading: world.first)
        #expect(!presence.isOut && presence.minutesReturned == 5 && presence.breaks == 1)
    }

    @Test("An entry typed from paper keeps both times, and neither the future nor the wrong order")
    func late() throws {
        var world = try World()
        let sitting = try sitting(&world)
        world.first.now += 60 * 60_000
        let seen = world.first.now - 40 * 60_000
        let out = RecordPresence(sitting: sitting, .out(.toilet), seenAt: seen)
        try world.first.run(out, by: "dora")
        let event = try #require(try world.first.records(in: world.ana, PresenceEvent.kind).first)
        #expect(event.integer(PresenceEvent.seenAt) == seen)
        #expect(event.integer(PresenceEvent.deviceTime) == world.first.now)
        let before = RecordPresence(
            sitting: sitting, .back(identityRechecked: true, minutesReturned: 0), seenAt: seen - 1)
        #expect(refusal(before, on: world.first) == .badDate)
        let tomorrow = RecordPresence(
            sitting: sitting, .back(identityRechecked: true, minutesReturned: 0), seenAt: world.first.now + 1)
        #expect(refusal(tomorrow, on: world.first) == .badDate)
    }

    @Test("An interruption gives back what was lost, to everybody or to those whom it names")
    func interruption() throws {
        var world = try World()
        _ = try sitting(&world)
        let began = try world.first.run(
            BeginInterruption(session: world.session, cause: .alarm, bookings: [world.anaBooking]), by: "dora")
        let name = RecordName(began[0].dot, 1)
        world.first.now += 12 * 60_000 + 1
        try world.first.run(EndInterruption(interruption: name), by: "dora")
        let record = try world.first.view(name, Interruption.kind)
        #expect(record.integer(Interruption.minutesReturned) == 13)
        #expect(record.interrupts(world.anaBooking) && !record.interrupts(world.benBooking))
        #expect(refusal(EndInterruption(interruption: name), on: world.first) == .alreadyDecided)
        #expect(
            refusal(
                BeginInterruption(session: world.otherSession, cause: .alarm, bookings: [world.anaBooking]),
                on: world.first) == .notKnown)
    }

    @Test("Two desks that end an interruption with different minutes make a question")
    func minutesDiffer() throws {
        var world = try World()
        let began = try world.first.run(BeginInterruption(session: world.session, cause: .power), by: "dora")
        try world.sync()
        let name = RecordName(began[0].dot, 1)
        try world.first.run(EndInterruption(interruption: name, minutesReturned: 10), by: "dora")
        try world.second.run(EndInterruption(interruption: name, minutesReturned: 15), by: "emil")
        let merged = try world.merged()
        _ = try merged.only("Q-interruption.minutes_returned")
    }

    @Test("Seats are moved, swapped together, and taken out of service")
    func seats() throws {
        var world = try World()
        try world.first.run(MoveSeat(booking: world.anaBooking, to: world.seats[0]), by: "dora")
        #expect(refusal(MoveSeat(booking: world.benBooking, to: world.seats[0]), on: world.first) == .seatTaken)
        #expect(refusal(MoveSeat(booking: world.anaBooking, to: world.seats[0]), on: world.first) == .nothingToDo)
        try world.first.run(SetSeatService(seat: world.seats[1], .out), by: "dora")
        #expect(
            refusal(MoveSeat(booking: world.benBooking, to: world.seats[1]), on: world.first) == .seatOutOfService)
        try world.first.run(SetSeatService(seat: world.seats[1], .inService), by: "dora")
        try world.first.run(MoveSeat(booking: world.benBooking, to: world.seats[1]), by: "dora")
        try world.first.run(SwapSeats(world.anaBooking, world.benBooking), by: "dora")
        #expect(try world.first.view(world.anaBooking, Booking.kind).reference(Booking.seat) == world.seats[1])
        #expect(try world.first.view(world.benBooking, Booking.kind).reference(Booking.seat) == world.seats[0])
        #expect(world.first.violations.isEmpty)
        #expect(refusal(SwapSeats(world.anaBooking, world.anaBooking), on: world.first) == .nothingToDo)
    }

    @Test("What was done last is taken back as new work: an absence, a start, a finish")
    func takeBack() throws {
        var world = try World()
        try world.first.run(MarkNoShow(booking: world.benBooking), by: "dora")
        try world.first.run(ReopenBooking(booking: world.benBooking), by: "dora")
        #expect(try world.first.view(world.benBooking, Booking.kind).arrival == .booked)
        #expect(refusal(ReopenBooking(booking: world.benBooking), on: world.first) == .nothingToDo)
        let sitting = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        #expect(refusal(ReopenBooking(booking: world.anaBooking), on: world.first) == .alreadyCheckedIn)
        for state in [SittingState.started, .admitted] {
            try world.first.run(TakeBackSittingStep(sitting: sitting), by: "dora")
            #expect(try world.first.view(sitting, Sitting.kind).word(Sitting.state) == state)
        }
        #expect(refusal(TakeBackSittingStep(sitting: sitting), on: world.first) == .nothingToDo)
        try world.first.run(StartSitting(sitting: sitting), by: "dora")
        try world.first.run(FinishSitting(sitting: sitting), by: "dora")
        try world.first.run(
            EnterScore(sitting: sitting, component: world.component, role: .first, raw: 80), by: "dora")
        #expect(refusal(TakeBackSittingStep(sitting: sitting), on: world.first) == .alreadyDecided)
    }

    @Test("A walk-in is a dossier with its booking, where the scheme takes any")
    func walkIn() throws {
        var world = try World()
        let form = RegisterWalkIn(
            session: world.session, candidateNumber: "W1", ticketCode: "WT1", given: "Cy", family: "Dahl",
            dateOfBirth: "1999-09-09")
        #expect(refusal(form, on: world.first) == .walkInRefused)
        var scheme = CreateScheme(
            code: "OPEN", title: "Open", components: [.init(code: "T", title: "T", range: 0...10, durationMinutes: 60)])
        scheme.walkInAllowed = true
        let made = try world.first.run(scheme, by: "hq")
        let session = try world.first.run(
            CreateSession(site: world.site, component: RecordName(made[0].dot, 2), startTime: World.start), by: "hq")
        var open = form
        open.session = session[0].document
        let set = try world.first.run(open, by: "dora")
        let booking = try world.first.view(RecordName(set[0].dot, 1), Booking.kind)
        #expect(booking.reference(Booking.examSession) == open.session && booking.arrival == .booked)
        let person = try world.first.view(set[0].document, Person.kind)
        #expect(person.flag(Person.isWalkIn) == true && person.elements(Person.scopes).contains("site/LEEDS"))
        #expect(refusal(open, on: world.first) == .alreadyThere)
        open.candidateNumber = "W2"
        open.ticketCode = "WT2"
        open.dateOfBirth = ""
        #expect(refusal(open, on: world.first) == .missing)
    }

    @Test("A session is sealed once it is closed and the scripts are as many as the sittings; later work is a case")
    func seal() throws {
        var world = try World()
        _ = try World.sit(world.anaBooking, seat: world.seats[0], on: &world.first)
        let seal = SealSession(session: world.session, scripts: 1)
        #expect(refusal(seal, on: world.first) == .tooEarly)
        try world.first.run(MarkNoShow(booking: world.benBooking), by: "dora")
        try world.sync()
        // The other desk, without a line, lets Ben in after all.
        _ = try world.second.run(CheckInPerson(booking: world.benBooking, seat: world.seats[1]), by: "emil")
        try world.first.run(CloseSession(session: world.session), by: "dora")
        #expect(refusal(SealSession(session: world.session, scripts: 2), on: world.first) == .sessionGaps)
        try world.first.run(seal, by: "dora")
        #expect(refusal(seal, on: world.first) == .alreadyDecided)
        #expect(world.first.violations(of: "X21").isEmpty)
        let merged = try world.merged()
        let late = try merged.only("X21")
        var decided = merged
        try decided.decide(late, "noted", by: "hq")
        #expect(try decided.standing(of: late) == .settled(decision: "noted"))
    }

    @Test("A PIN's verifier is kept with the person, and an empty one is refused")
    func pin() throws {
        var world = try World()
        let dora = try #require(try world.first.records(in: world.site, StaffMember.kind).first).name
        #expect(refusal(SetPIN(staff: dora, verifier: []), on: world.first) == .missing)
        try world.first.run(SetPIN(staff: dora, verifier: [1, 2, 3]), by: "dora")
        #expect(try world.first.view(dora, StaffMember.kind).bytes(StaffMember.pinVerifier) == [1, 2, 3])
    }
}
