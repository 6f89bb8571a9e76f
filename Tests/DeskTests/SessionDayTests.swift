import TerminalCells
import Testing

@testable import Desk

@Suite("A session's day at the desk")
struct SessionDayTests {
    static func session(
        _ state: DeskSession.State = .running, stops: [DeskInterruption] = []
    ) -> DeskSession {
        DeskSession(
            id: "s1", title: "Written theory", site: "North", room: "Room 2", startText: "09:00", startMs: nineMs,
            state: state, counts: .init(booked: 9, present: 2, finished: 1, absent: 1),
            seats: (1...12).filter { $0 != 6 }.map(String.init), lateMinutesMax: 15,
            plan: (1...12).map { DeskSeat(label: "\($0)", isInService: $0 != 6) }, interruptions: stops,
            takesWalkIns: true)
    }

    /// The session's menu open, and the entry with these words confirmed.
    private func choose(_ words: String, _ desk: inout TestDesk) throws {
        desk.press(.function(2))
        let session = try #require(desk.model.session)
        let rows = try #require(desk.model.roster?.rows)
        let place = try #require(
            SessionAction.all(session, rows).firstIndex { $0.words(session).contains(words) }, "\(words)")
        for _ in 0..<place { desk.press(.down) }
        #expect(desk.text.contains(words))
        desk.press(.enter)
    }

    private func act(_ desk: TestDesk) -> DeskAct? {
        guard case .act(_, "s1", let act) = desk.writes.last else { return nil }
        return act
    }

    @Test("The exam begins with everybody who is in the room, in one confirmed step")
    func begin() throws {
        var desk = TestDesk.atRoster(session: Self.session(.open))
        try choose("Begin the exam, with 1", &desk)
        #expect(desk.writes.isEmpty)
        desk.press(.enter, .enter)
        #expect(desk.writes.count == 1 && act(desk) == .begin(bookings: ["b4"]))
        desk.answerSaved()
        #expect(desk.text.contains("The exam has begun, 1 with it. Saved on this device."))
        #expect(desk.effects.suffix(2) == [.loadSessions, .loadRoster("s1")])
    }

    @Test("Whoever goes out is noted with the kind of break, and comes back only with the document compared")
    func presence() {
        var desk = TestDesk.atRoster(session: Self.session())
        desk.scan("TK-000107")
        desk.press(.down, .enter, .right, .enter)
        #expect(act(desk) == .goOut(booking: "b7", kind: "medical"))
        let base = Fixture.row(7, state: .started, seat: "8")
        let out = RosterRow(
            booking: base.booking, candidateNumber: base.candidateNumber, name: base.name, birthDate: base.birthDate,
            ticket: base.ticket, seat: "8", state: .started, outSinceMs: nineMs, endsMs: nineMs + 5_400_000)
        desk.answerSaved(out)
        #expect(desk.text.contains("out since 09:00, ends 10:30"))
        desk.press(.enter)
        #expect(desk.text.contains("Out for 5 minutes"))
        desk.press(.right, .enter)
        #expect(desk.text.contains("nobody comes back in without it") && desk.writes.count == 1)
        desk.press(.left, .down)
        desk.type("4")
        desk.press(.enter)
        #expect(act(desk) == .comeBack(booking: "b7", minutes: 4))
    }

    @Test("A stop of the work shows on the board until it goes on, and offers the minutes that were lost")
    func interruption() throws {
        var desk = TestDesk.atRoster(session: Self.session())
        try choose("The work stops", &desk)
        desk.press(.right, .enter)
        #expect(act(desk) == .interrupt(cause: "power", bookings: []))
        desk.answerSaved()
        let stop = DeskInterruption(id: "i1", cause: "power", beganMs: nineMs + 60_000)
        desk.send(.sessionsLoaded([Self.session(stops: [stop])]))
        #expect(desk.text.contains("STOPPED 4 min: power"))
        try choose("The work goes on", &desk)
        desk.press(.enter)
        #expect(act(desk) == .resume(interruption: "i1", minutes: 4))
    }

    @Test("An incident asks for a narrative; what was typed comes back when it was not saved")
    func incident() throws {
        var desk = TestDesk.atRoster(session: Self.session())
        try choose("Report an incident", &desk)
        desk.press(.enter)
        #expect(desk.writes.isEmpty)
        desk.type("Why? Smoke in the hall")
        desk.press(.enter)
        #expect(
            act(desk)
                == .report(booking: nil, type: "technical", severity: "minor", narrative: "Why? Smoke in the hall"))
        desk.send(.failed(DeskFailure(work: .request(1), message: "The disk is full.", code: "disk-full")))
        #expect(desk.text.contains("NOT saved: The disk is full.") && desk.text.contains("Smoke in the hall"))
        desk.press(.enter)
        #expect(desk.writes.count == 2)
    }

    @Test("Closing counts everybody, goes to whoever is missing, and takes a reason instead")
    func close() throws {
        var desk = TestDesk.atRoster(session: Self.session())
        try choose("Close the session", &desk)
        #expect(desk.text.contains("1 finished, 1 no-shows, 1 turned away, 6 not accounted for, of 9."))
        desk.press(.enter)
        #expect(desk.writes.isEmpty)
        #expect(desk.model.roster?.visible.map(\.row.booking) == ["b0", "b1", "b2", "b4", "b7", "b8"])
        try choose("Close the session", &desk)
        desk.type("fire")
        desk.press(.enter)
        #expect(act(desk) == .close(reason: "fire"))
    }

    @Test("A seal wants the scripts counted, and a reason where they are not as many as the sittings")
    func seal() throws {
        var desk = TestDesk.atRoster(session: Self.session(.closed))
        try choose("Seal the session", &desk)
        desk.press(.enter)
        #expect(desk.text.contains("Count the scripts"))
        desk.type("2")
        desk.press(.enter)
        #expect(desk.writes.isEmpty && desk.text.contains("1 sittings are finished and 2 scripts are here"))
        desk.press(.up, .control("u"))
        desk.type("1")
        desk.press(.enter)
        #expect(act(desk) == .seal(scripts: 1, reason: ""))
    }

    @Test("The receipt says what has arrived at headquarters, and that the device may not be put away before")
    func receipt() throws {
        var desk = TestDesk.atRoster(session: Self.session(.sealed))
        try choose("What has reached headquarters", &desk)
        #expect(desk.text.contains("at HQ 1, at the hub 1, only here 7"))
        #expect(desk.text.contains("keep this device on"))
        desk.press(.enter)
        #expect(desk.model.form == nil && desk.writes.isEmpty)
    }

    @Test("The last thing done is taken back with a key, as new work, once")
    func takeBack() {
        var desk = TestDesk.atRoster(session: Self.session())
        desk.press(.function(6))
        #expect(desk.model.form == nil)
        desk.scan("TK-000102")
        desk.press(.enter)
        desk.answerSaved(Fixture.row(2, state: .checkedIn, seat: "3"))
        desk.press(.function(6))
        #expect(desk.text.contains("Admitted to seat 3: Zoë Nguyễn"))
        desk.press(.enter)
        let work = TakeBack(.admission, booking: "b2", words: "Admitted to seat 3: Zoë Nguyễn")
        #expect(act(desk) == .takeBack(work, reason: "a slip of the hand"))
        desk.answerSaved(Fixture.row(2, seat: "3"))
        desk.press(.function(6))
        #expect(desk.model.form == nil && desk.text.contains("Nothing of this session"))
    }

    @Test("The seat map moves and swaps people, takes seats out of service and gives seats to who has none")
    func seats() {
        var desk = TestDesk.atRoster(session: Self.session())
        desk.press(.function(7))
        #expect(desk.text.contains("Seats: 12, free 6") && desk.text.contains("6 x out of service"))
        desk.press(.enter, .right, .enter)
        #expect(act(desk) == .seat(["b0": "2"]))
        desk.answerSaved()
        desk.press(.left, .enter, .right, .right, .enter)
        #expect(act(desk) == .swap("b0", "b2"))
        desk.answerSaved()
        desk.press(.character("o"))
        #expect(act(desk) == .seatService(seat: "3", isOut: true))
        desk.answerSaved()
        desk.press(.character("a"))
        #expect(act(desk) == .seat(["b1": "2", "b8": "7"]))
        desk.answerSaved()
        desk.press(.enter, .enter)
        #expect(desk.model.person?.row.booking == "b2")
    }

    @Test("A walk-in is asked for name and date of birth, and only where the scheme takes any")
    func walkIn() throws {
        var desk = TestDesk.atRoster(session: Self.session())
        try choose("without a booking", &desk)
        desk.type("Cy")
        desk.press(.enter)
        #expect(desk.text.contains("The date of birth is missing"))
        desk.type("1999-09-09")
        desk.press(.enter)
        #expect(act(desk) == .walkIn(given: "Cy", family: "", birthDate: "1999-09-09"))
        let closed = TestDesk.atRoster()
        let session = try #require(closed.model.session)
        #expect(!SessionAction.all(session, []).contains(.walkIn))
    }

    @Test("Every screen of the day fills the smallest window and names its keys")
    func fits() throws {
        for words in ["The work stops", "Report an", "without a booking", "Seat map", "Close the", "What has reached"] {
            var desk = TestDesk.atRoster(session: Self.session())
            try choose(words, &desk)
            let lines = desk.model.view().lines()
            #expect(lines.allSatisfy { displayColumns($0) == 80 })
            #expect(lines[21].contains("Esc"), "\(words)")
        }
    }
}
