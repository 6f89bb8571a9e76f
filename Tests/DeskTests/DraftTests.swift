import TerminalCells
import Testing

@testable import Desk

@Suite("What is being typed is kept")
struct DraftTests {
    private func kept(_ desk: TestDesk) -> [KeptDraft?] {
        desk.effects.compactMap { effect -> KeptDraft?? in
            if case .keepDraft(_, let draft) = effect { draft } else { nil }
        }
    }

    @Test("An ordinary check-in keeps nothing; what is changed by hand is kept key by key, and put away once saved")
    func keeps() throws {
        var desk = TestDesk.atRoster()
        desk.scan("TK-000102")
        #expect(kept(desk).isEmpty)
        desk.press(.up)
        desk.type("17")
        #expect(kept(desk).compactMap { $0?.values["seat"] } == ["1", "17"])
        desk.press(.enter)
        #expect(kept(desk).count == 2, "it is kept until the store has it")
        desk.answerSaved(Fixture.row(2, state: .checkedIn, seat: "17"))
        #expect(kept(desk).count == 3 && kept(desk).last == .some(nil))
    }

    @Test("A desk that was killed brings a check-in back as it was typed, to its author alone")
    func comesBack() throws {
        var before = TestDesk.atRoster()
        before.scan("TK-000102")
        before.press(.up)
        before.type("17")
        before.press(.down, .right)
        before.press(.down)
        before.type("no document")
        let draft = try #require(kept(before).last ?? nil)
        var desk = TestDesk.atRoster(people: nil)
        desk.send(.draftFound(draft))
        #expect(desk.draft == nil, "the roster is still being read")
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        #expect(desk.draft?.values == before.draft?.values)
        #expect(desk.text.contains("as you typed it") && desk.text.contains("no document"))
        desk.press(.escape)
        #expect(kept(desk).last == .some(nil))
        var other = TestDesk.atRoster(people: nil)
        other.send(
            .draftFound(
                KeptDraft(kind: .checkIn, actor: "u2", session: "s1", booking: "b2", values: draft.values)))
        other.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        #expect(other.draft == nil)
    }

    @Test("Somebody who was admitted meanwhile is not brought back to the check-in")
    func admittedMeanwhile() {
        var desk = TestDesk.atRoster(people: nil)
        desk.send(
            .draftFound(
                KeptDraft(kind: .checkIn, actor: "u1", session: "s1", booking: "b4", values: ["seat": "9"])))
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        #expect(desk.model.person == nil)
    }

    @Test("The narrative of an incident is kept and comes back; points of a score never are")
    func narrative() throws {
        var before = TestDesk.atRoster(session: SessionDayTests.session())
        before.scan("TK-000107")
        before.press(.down, .down, .down, .enter)
        before.type("Phone rang")
        let draft = try #require(kept(before).last ?? nil)
        #expect(draft.kind == .report && draft.booking == "b7")
        var desk = TestDesk.atRoster(people: nil, session: SessionDayTests.session())
        desk.send(.draftFound(draft))
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        #expect(desk.text.contains("Phone rang") && desk.model.form?.purpose == .report("b7"))
        var score = TestDesk.atRoster()
        score.scan("TK-000103")
        score.press(.enter)
        score.type("58")
        #expect(kept(score).isEmpty)
    }
}
