import TerminalCells
import Testing

@testable import Desk

@Suite("Signing in at the desk")
struct SignInTests {
    static let staff = [
        StaffMember(id: "u1", name: "Ana Ruiz", role: "invigilator", signIn: .pin),
        StaffMember(id: "u2", name: "Bo Li", role: "clerk", signIn: .choosePIN),
        StaffMember(id: "u3", name: "Cy", role: "on no staff list", signIn: .notListed),
    ]

    private func desk() -> TestDesk {
        var desk = TestDesk()
        desk.send(.tick(now: nineMs))
        desk.send(.staffLoaded(Self.staff))
        desk.send(.sessionsLoaded([Fixture.session()]))
        return desk
    }

    /// Ana has signed in and stands at an open check-in.
    private func atCheckIn() -> TestDesk {
        var desk = desk()
        desk.press(.enter)
        desk.scan("2580")
        desk.send(.signInAnswered(1, refusal: nil))
        desk.press(.enter)
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        desk.scan("TK-000102")
        desk.press(.up)
        desk.type("17")
        return desk
    }

    @Test("A name alone lets nobody in; the PIN is asked for, never shown, and forgotten once it is sent")
    func pin() {
        var desk = desk()
        desk.press(.enter)
        #expect(desk.model.actor == nil)
        desk.type("2580")
        #expect(!desk.text.contains("2580") && desk.text.contains("****"))
        desk.press(.enter)
        #expect(desk.effects.last == .signIn(1, staff: "u1", pin: "2580"))
        #expect(!"\(desk.model)".contains("2580"))
        desk.send(.signInAnswered(1, refusal: "That is not the PIN: try again."))
        #expect(desk.model.actor == nil && desk.text.contains("not the PIN"))
        desk.scan("2581")
        desk.send(.signInAnswered(1, refusal: nil))
        #expect(desk.model.actor == nil, "an answer to another try lets nobody in")
        desk.send(.signInAnswered(2, refusal: nil))
        #expect(desk.model.actor?.id == "u1")
        #expect(desk.text.contains("At the desk: Ana Ruiz, invigilator ") && !desk.text.contains("unauthenticated"))
    }

    @Test("Whoever has no PIN chooses one, twice the same; whoever is on no list does not work here")
    func choosing() {
        var desk = desk()
        desk.press(.down, .enter)
        desk.scan("1357")
        desk.scan("1358")
        #expect(desk.text.contains("The two PINs differ") && desk.effects.isEmpty)
        desk.scan("1357")
        desk.scan("1357")
        #expect(desk.effects.last == .choosePIN(1, staff: "u2", pin: "1357"))
        desk.press(.escape)
        #expect(desk.model.signIn != nil, "what is being looked at is waited for")
        desk.send(.signInAnswered(1, refusal: nil))
        #expect(desk.model.actor?.id == "u2" && desk.effects.last == .loadStaff)
        desk.press(.function(8), .down, .enter)
        #expect(desk.model.isPickingStaff && desk.text.contains("on no staff list"))
    }

    @Test("A desk without a key for ten minutes locks, and the same person finds what was being typed")
    func locks() {
        var desk = atCheckIn()
        desk.send(.tick(now: nineMs + 9 * 60_000 + 59_999))
        #expect(!desk.model.isPickingStaff)
        desk.send(.tick(now: nineMs + 10 * 60_000))
        #expect(desk.model.isLocked && !desk.text.contains("Zoë"))
        desk.scan("2580")
        desk.send(.signInAnswered(2, refusal: nil))
        #expect(desk.draft?.seat.text == "17" && desk.text.contains("Zoë"))
    }

    @Test("Somebody else at a locked desk begins afresh, and Esc unlocks nothing")
    func lockedForOthers() {
        var desk = atCheckIn()
        desk.send(.tick(now: nineMs + 10 * 60_000))
        desk.press(.escape, .escape, .escape)
        #expect(desk.model.isPickingStaff && desk.model.signIn == nil)
        desk.press(.down, .enter)
        desk.scan("1357")
        desk.scan("1357")
        desk.send(.signInAnswered(2, refusal: nil))
        #expect(desk.model.actor?.id == "u2" && desk.model.person == nil)
        desk.press(.function(8), .escape)
        #expect(desk.model.isPickingStaff, "the desk was handed over")
    }

    @Test("A desk where nobody could sign in asks for it once a sync brings the staff list")
    func listArrives() {
        var desk = TestDesk.atRoster()
        desk.send(.staffLoaded(Self.staff))
        #expect(desk.model.isPickingStaff && desk.text.contains("PIN"))
    }
}
