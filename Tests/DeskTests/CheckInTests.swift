import TerminalCells
import Testing

@testable import Desk

@Suite("Checking in")
struct CheckInTests {
    @Test("A scan and one Enter admit an ordinary arrival with every default set")
    func scanAndEnter() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.enter)
        #expect(
            desk.effects == [
                .checkIn(
                    DeskRequest(number: 1, actor: "u1", seen: "v1"),
                    CheckInForm(booking: "b2", documentType: .passport, minutesLate: 4, seat: "3"))
            ])
        desk.answerSaved(Fixture.row(2, state: .checkedIn, seat: "3"))
        #expect(desk.model.person == nil)
        #expect(desk.model.message?.text == "Admitted to seat 3: Zoë Nguyễn. Saved on this device.")
        #expect(desk.model.roster?.row("b2")?.state == .checkedIn)
    }

    @Test("A scan finds its ticket in lower case, after left-over text and while the filter shows others")
    func scanAnywhere() {
        for text in ["tk-000102", "zo TK-000102", "xxTK-000102"] {
            var desk = TestDesk.atRoster()
            desk.press(.tab, .tab, .tab)
            desk.scan(text)
            #expect(desk.model.person?.row.booking == "b2", "\(text)")
        }
    }

    @Test("After a scan and Esc the next scan finds its person, however short the tickets are")
    func scanAfterEscape() {
        let people = (1...3).map {
            RosterRow(
                booking: "b\($0)", candidateNumber: "K\($0)", name: LegalName(given: "A", family: "B"), birthDate: "",
                ticket: "7\($0)")
        }
        var desk = TestDesk.atRoster(people: people)
        desk.scan("71")
        desk.press(.escape)
        desk.scan("72")
        #expect(desk.model.person?.row.booking == "b2")
    }

    @Test("Keys that come while a check-in is saved reach the roster after it, in order")
    func typeAhead() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.enter)
        desk.scan("TK-000101")
        #expect(desk.writes.count == 1)
        desk.answerSaved(Fixture.row(2, state: .checkedIn, seat: "3"))
        #expect(desk.model.person?.row.booking == "b1")
        #expect(desk.writes.count == 1)
    }

    @Test("Holding Enter down writes once and opens nobody else")
    func heldEnter() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        for _ in 0..<50 { desk.press(.enter) }
        desk.answerSaved(Fixture.row(2, state: .checkedIn, seat: "3"))
        for _ in 0..<50 { desk.press(.enter) }
        #expect(desk.writes.count == 1)
        #expect(desk.model.person == nil)
    }

    @Test("A failure brings the form back as it was typed, with plain words and the code")
    func failure() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.up)
        desk.type("17")
        let before = desk.draft
        desk.press(.enter)
        desk.scan("TK-000101")
        desk.send(.failed(DeskFailure(work: .request(1), message: "The disk is full.", code: "STORE-13")))
        #expect(desk.draft == before)
        #expect(desk.draft?.seat.text == "17")
        #expect(desk.text.contains("! NOT saved: The disk is full. (STORE-13)"))
        desk.press(.enter)
        #expect(desk.writes.count == 2)
        #expect(desk.writes.last?.request?.number == 2)
    }

    @Test("A failure after the panel was left brings the panel back and stays on the screen until Esc")
    func failureLater() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.enter, .escape)
        #expect(desk.model.person == nil)
        desk.send(.failed(DeskFailure(work: .request(1), message: "The disk is full.", code: "STORE-13")))
        #expect(desk.draft?.booking == "b2")
        desk.press(.up, .down)
        #expect(desk.text.contains("STORE-13"))
        desk.press(.escape)
        #expect(!desk.text.contains("STORE-13"))
        #expect(desk.draft?.booking == "b2")
    }

    @Test("Two failures behind the person's back are both told, one Esc each, and no other message hides them")
    func twoFailures() {
        var desk = TestDesk.atRoster()
        for ticket in ["TK-000102", "TK-000101"] {
            desk.scan(ticket)
            desk.press(.up)
            desk.type(ticket == "TK-000101" ? "21" : "22")
            desk.press(.enter, .escape)
        }
        desk.send(.failed(DeskFailure(work: .request(1), message: "First.", code: "STORE-13")))
        desk.send(.failed(DeskFailure(work: .request(2), message: "Second.", code: "STORE-14")))
        #expect(desk.text.contains("First. (STORE-13) [Esc, 1 of 2]"))
        desk.press(.down)
        desk.scan("nonsense")
        desk.press(.up, .escape)
        #expect(desk.text.contains("Second. (STORE-14) [Esc]"))
        desk.press(.escape)
        #expect(!desk.text.contains("STORE"))
        #expect(desk.draft?.booking == "b2")
        #expect(desk.draft?.seat.text == "22")
        desk.press(.escape)
        desk.scan("TK-000101")
        #expect(desk.draft?.seat.text == "21")
    }

    @Test("A check-in that failed does not come back to whoever took the desk over")
    func failureAfterHandOver() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.enter, .escape, .function(8), .down, .enter)
        desk.send(.failed(DeskFailure(work: .request(1), message: "The disk is full.", code: "STORE-13")))
        #expect(desk.model.actor?.id == "u2")
        #expect(desk.model.person == nil)
        #expect(desk.text.contains("NOT saved: Admitted to seat 3, Zoë Nguyễn. The disk is full."))
    }

    @Test("Whoever comes later than the rule allows is referred unless a colleague approves a waiver")
    func late() {
        var desk = TestDesk.atRoster()
        desk.send(.tick(now: nineMs + 16 * 60_000))
        desk.scan("TK-000102")
        #expect(desk.draft?.minutesLate == 16)
        #expect(desk.draft?.decision == .refer)
        desk.press(.left, .left, .enter)
        #expect(desk.writes.isEmpty)
        #expect(desk.draft?.focus == .reason)
        desk.type("train")
        desk.press(.enter)
        #expect(desk.draft?.focus == .approver)
        desk.press(.right, .enter)
        #expect(desk.form?.decision == .admit)
        #expect(desk.form?.reason == "train")
        #expect(desk.form?.approver == "u2")
    }

    @Test("Minutes late are counted from the start, in whole minutes, within what a clock can say")
    func minutes() {
        #expect(CheckInDraft.minutesLate(now: nil, startMs: nineMs) == 0)
        #expect(CheckInDraft.minutesLate(now: nineMs - 1, startMs: nineMs) == 0)
        #expect(CheckInDraft.minutesLate(now: nineMs + 59_999, startMs: nineMs) == 0)
        #expect(CheckInDraft.minutesLate(now: nineMs + 60_000, startMs: nineMs) == 1)
        #expect(CheckInDraft.minutesLate(now: .max, startMs: .min) == CheckInDraft.minutesLateMax)
    }

    @Test("Refusing needs a reason, takes no seat, and says that the person was turned away")
    func refuse() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.right, .enter)
        #expect(desk.writes.isEmpty)
        desk.type("no document")
        desk.press(.enter)
        #expect(desk.form?.decision == .refuse)
        #expect(desk.form?.seat == "")
        #expect(desk.form?.reason == "no document")
    }

    @Test("The seat suggested is one where nobody sits and which nobody expected has")
    func seat() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000101")
        #expect(desk.draft?.seat.text == "2")
    }

    @Test("A seat that is taken, or that the room does not have, is refused with the next free one")
    func seatTaken() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000101")
        desk.press(.up)
        desk.type("5")
        desk.press(.enter)
        #expect(desk.model.message?.text == "Seat 5 is taken by Łukasz Żółć: the next free seat is 2.")
        desk.type("5")
        desk.press(.enter)
        #expect(desk.model.message?.text == "This room has no seat 55: the next free seat is 2.")
        #expect(desk.writes.isEmpty)
    }

    @Test("Nobody is checked in where the session is closed or sealed", arguments: [DeskSession.State.closed, .sealed])
    func closed(state: DeskSession.State) {
        var desk = TestDesk.atRoster(session: Fixture.session(state: state))
        for ticket in 100..<109 {
            desk.scan("TK-000\(ticket)")
            desk.press(.enter, .enter, .escape, .escape)
        }
        #expect(desk.writes.allSatisfy { if case .enterScore = $0 { true } else { false } })
    }

    @Test("A session that closes while a check-in is open takes it no more")
    func closesMeanwhile() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.send(.sessionsLoaded([Fixture.session(state: .sealed)]))
        desk.press(.enter)
        #expect(desk.writes.isEmpty)
        #expect(desk.text.contains("sealed"))
    }

    @Test("A no-show asks first, and a ticket scanned meanwhile confirms nothing")
    func noShow() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.function(4))
        desk.scan("TK-000101")
        desk.scan("TK-000102")
        #expect(desk.writes.isEmpty)
        desk.press(.enter)
        #expect(desk.writes == [.markNoShow(DeskRequest(number: 1, actor: "u1", seen: "v1"), booking: "b2")])
    }

    @Test("Another person's ticket scanned into a check-in, in any step, changes nothing and is named")
    func foreignScan() {
        for steps in 0..<8 {
            var desk = TestDesk.atRoster()
            desk.scan("TK-000102")
            for _ in 0..<steps { desk.press(.up) }
            let before = desk.draft?.form(seats: [])
            desk.scan("TK-000101")
            #expect(desk.writes.isEmpty)
            #expect(desk.model.message?.text.contains("佐藤 健太") == true)
            if steps != 1 { #expect(desk.draft?.form(seats: []) == before) }
        }
    }

    @Test("Start and finish follow the check-in, one write each")
    func startAndFinish() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000104")
        desk.press(.enter, .enter)
        desk.answerSaved(Fixture.row(4, state: .started, seat: "5"))
        desk.scan("TK-000104")
        desk.press(.enter)
        let requests = (1...2).map { DeskRequest(number: $0, actor: "u1", seen: "v1") }
        #expect(desk.writes == [.start(requests[0], booking: "b4"), .finish(requests[1], booking: "b4")])
    }

    @Test("Somebody recorded as absent can still be checked in")
    func afterAll() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000105")
        desk.press(.enter, .enter)
        #expect(desk.form?.booking == "b5")
        #expect(desk.form?.decision == .admit)
    }

    @Test("A case that a write opened stays on the screen until Esc")
    func caseOpened() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.enter)
        desk.answerSaved(cases: ["Seat 3 is given to two people"])
        desk.type("abc")
        #expect(desk.text.contains("Case opened: Seat 3 is given to two people"))
        desk.press(.escape)
        #expect(!desk.text.contains("Case opened"))
        #expect(desk.model.roster?.filter.text == "abc")
    }

    @Test("Minutes late and the clock go by the hub where this device's clock is off")
    func correctedClock() {
        var desk = TestDesk.atRoster()
        // Ten minutes slow: at 09:04 here it is 09:14 at the hub.
        desk.send(.syncStatusChanged(SyncStatus(clockSkewMs: -600_000)))
        #expect(desk.text.contains("09:14:05, device 10 min slow"))
        desk.scan("TK-000100")
        #expect(desk.draft?.minutesLate == 14)
    }
}
