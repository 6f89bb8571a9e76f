import TerminalCells
import Testing

@testable import Desk

@Suite("A sync in the middle of work")
struct SyncTests {
    private func changed(_ booking: Int, state: RosterRow.State, seat: String?) -> [RosterRow] {
        Fixture.rows.map {
            $0.booking == "b\(booking)" ? Fixture.row(booking, state: state, seat: seat, version: "v2") : $0
        }
    }

    @Test("What is typed stays, the change is marked, and the first Enter only says so")
    func marked() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.up)
        desk.type("17")
        let before = desk.draft
        desk.send(.recordsChanged(sessions: ["s1"]))
        desk.send(.rosterLoaded(session: "s1", rows: changed(2, state: .noShow, seat: "9")))
        #expect(desk.draft == before)
        #expect(desk.text.contains("Changed by a sync: state: booked -> no-show, seat: 3 -> 9"))
        desk.press(.enter)
        #expect(desk.writes.isEmpty)
        desk.press(.enter)
        #expect(desk.form?.seat == "17")
        #expect(desk.writes.last?.request?.seen == "v1")
    }

    @Test("Ctrl-R takes the change over, and the write then says that it was seen")
    func takenOver() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.up)
        desk.type("17")
        desk.send(.rosterLoaded(session: "s1", rows: changed(2, state: .noShow, seat: "9")))
        desk.press(.control("r"))
        #expect(!desk.text.contains("Changed by a sync"))
        #expect(desk.draft?.seat.text == "17")
        desk.press(.enter)
        #expect(desk.writes.last?.request?.seen == "v2")
    }

    @Test("A person who was checked in elsewhere leaves the check-in when the change is taken over")
    func checkedInElsewhere() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.send(.rosterLoaded(session: "s1", rows: changed(2, state: .checkedIn, seat: "9")))
        desk.press(.control("r"))
        #expect(desk.draft == nil)
        #expect(desk.text.contains("> Start the sitting"))
    }

    @Test("A sync that changes nothing a person sees marks nothing")
    func quiet() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        let rows = Fixture.rows.map { $0.booking == "b2" ? Fixture.row(2, seat: "3", level: .atHQ) : $0 }
        desk.send(.rosterLoaded(session: "s1", rows: rows))
        #expect(!desk.text.contains("Changed by a sync"))
        desk.press(.enter)
        #expect(desk.writes.count == 1)
    }

    @Test("The highlight stays on the person whatever a sync puts before them")
    func highlight() {
        var desk = TestDesk.atRoster()
        desk.press(.down, .down, .down)
        #expect(desk.model.roster?.chosen == "b2")
        desk.send(.rosterLoaded(session: "s1", rows: [Fixture.row(20), Fixture.row(21)] + Fixture.rows))
        desk.press(.enter)
        #expect(desk.model.person?.row.booking == "b2")
    }

    @Test("Rows that were read before a save do not take it back")
    func staleLoad() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.press(.enter)
        desk.send(.recordsChanged(sessions: ["s1"]))
        desk.answerSaved(Fixture.row(2, state: .checkedIn, seat: "3", version: "v2"))
        desk.effects = []
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        #expect(desk.model.roster?.row("b2")?.state == .checkedIn)
        #expect(desk.effects == [.loadRoster("s1")])
    }

    @Test("However many changes are told, one load is under way at a time, and one follows")
    func oneLoad() {
        var desk = TestDesk.atRoster()
        for _ in 0..<10 { desk.send(.recordsChanged(sessions: ["s1"])) }
        desk.send(.recordsChanged(sessions: ["another"]))
        #expect(desk.effects.filter { $0 == .loadRoster("s1") }.count == 1)
        desk.effects = []
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        #expect(desk.effects == [.loadRoster("s1")])
        desk.effects = []
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        #expect(desk.effects.isEmpty)
    }

    @Test("A roster that could not be read can be asked for again")
    func loadFailed() {
        var desk = TestDesk.atRoster()
        desk.press(.function(5))
        desk.send(.failed(DeskFailure(work: .roster("s1"), message: "The store is busy.", code: "STORE-5")))
        #expect(desk.text.contains("The store is busy. (STORE-5)"))
        desk.effects = []
        desk.press(.function(5))
        #expect(desk.effects.contains(.loadRoster("s1")))
    }

    @Test("A session that is no longer on the list is left, and the person told")
    func sessionGone() {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        desk.send(.sessionsLoaded([]))
        #expect(desk.model.roster == nil && desk.model.person == nil)
        #expect(desk.text.contains("no longer on today's list"))
    }
}
