import TerminalCells
import Testing

@testable import Desk

@Suite("Scores, entered twice and blind")
struct ScoreTests {
    private func scored(first: String? = nil, second: String? = nil) -> RosterRow {
        Fixture.row(
            3, state: .finished, seat: "4",
            components: [
                ScoreComponent(id: "t", title: "Theory", maximum: 100, firstBy: first, secondBy: second)
            ])
    }

    private func desk(first: String? = nil, second: String? = nil) -> TestDesk {
        let row = scored(first: first, second: second)
        return TestDesk.atRoster(people: Fixture.rows.map { $0.booking == "b3" ? row : $0 })
    }

    @Test("The first entry goes out once, with its role and the points as a number")
    func first() {
        var desk = desk()
        desk.scan("TK-000103")
        desk.press(.enter)
        desk.type("87")
        desk.press(.enter, .enter, .enter)
        let form = ScoreForm(booking: "b3", component: "t", role: .first, raw: 87)
        #expect(desk.writes == [.enterScore(DeskRequest(number: 1, actor: "u1", seen: "v1"), form)])
    }

    @Test("Once saved, no screen that any key leads to shows the first value, to the next person or to the same")
    func blind() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<12 {
            var desk = desk()
            desk.scan("TK-000103")
            desk.press(.enter)
            // A value that stands nowhere else on these screens.
            desk.type("77")
            desk.press(.enter)
            desk.answerSaved(scored(first: "u1"))
            #expect(!desk.text.contains("77"))
            desk.press(.function(8), .down, .enter)
            for _ in 0..<120 {
                let key = RandomKeys.navigation.randomElement(using: &generator) ?? .escape
                desk.press(key)
                #expect(!desk.text.contains("77"))
            }
        }
    }

    @Test("The person who made the first entry is told why they may not make the second")
    func sameActor() {
        var desk = desk(first: "u1")
        desk.scan("TK-000103")
        desk.press(.enter)
        #expect(desk.model.message?.text.contains("You made one entry of this score.") == true)
        desk.type("87")
        desk.press(.enter)
        #expect(desk.writes.isEmpty)
    }

    @Test("A second person makes the second entry")
    func secondActor() {
        var desk = desk(first: "u2")
        desk.scan("TK-000103")
        desk.press(.enter)
        #expect(desk.text.contains("Somebody else made the first entry."))
        desk.type("58")
        desk.press(.enter)
        let form = ScoreForm(booking: "b3", component: "t", role: .second, raw: 58)
        #expect(desk.writes == [.enterScore(DeskRequest(number: 1, actor: "u1", seen: "v1"), form)])
    }

    @Test("A first entry that a sync brings meanwhile makes one's own the second, after saying so")
    func overtaken() {
        var desk = desk()
        desk.scan("TK-000103")
        desk.press(.enter)
        desk.type("87")
        let rows = Fixture.rows.map { $0.booking == "b3" ? scored(first: "u2") : $0 }
        desk.send(.rosterLoaded(session: "s1", rows: rows))
        desk.press(.enter)
        #expect(desk.writes.isEmpty)
        desk.press(.enter, .enter)
        guard case .enterScore(_, let form) = desk.writes.first else {
            Issue.record("no score was entered")
            return
        }
        #expect(form.role == .second && form.raw == 87)
        #expect(desk.writes.count == 1)
    }

    @Test("A sync that shows both entries as made, or one as one's own, stops the entry being typed")
    func stopped() {
        for row in [scored(first: "u2", second: "u3"), scored(first: "u1")] {
            var desk = desk()
            desk.scan("TK-000103")
            desk.press(.enter)
            desk.type("87")
            desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows.map { $0.booking == "b3" ? row : $0 }))
            for _ in 0..<5 { desk.press(.enter) }
            #expect(desk.writes.isEmpty)
        }
    }

    @Test("Only whole numbers up to the maximum are points, in the digits of any script")
    func points() {
        for text in ["", "-1", "8.5", "8,5", "x", "1e2", "1234567890", "½", "百"] {
            #expect(DeskModel.points(text) == nil)
        }
        #expect(DeskModel.points("٨٧") == 87)
        #expect(DeskModel.points("007") == 7)
        var desk = desk()
        desk.scan("TK-000103")
        desk.press(.enter)
        desk.type("101")
        desk.press(.enter)
        #expect(desk.model.message?.text == "A score of Theory is a whole number from 0 to 100.")
        #expect(desk.writes.isEmpty)
    }

    @Test("Handing the desk over drops a score that was being typed")
    func handOver() {
        var desk = desk()
        desk.scan("TK-000103")
        desk.press(.enter)
        desk.type("77")
        desk.press(.function(8), .down, .enter)
        #expect(desk.model.actor?.id == "u2")
        #expect(desk.model.person == nil)
        #expect(!desk.text.contains("77"))
    }

    @Test("A score that was not saved does not come back to another person's screen")
    func failureAfterHandOver() {
        var desk = desk()
        desk.scan("TK-000103")
        desk.press(.enter)
        desk.type("77")
        desk.press(.enter, .escape, .function(8), .down, .enter)
        desk.send(.failed(DeskFailure(work: .request(1), message: "The disk is full.", code: "STORE-13")))
        #expect(desk.model.person == nil)
        #expect(!desk.text.contains("77"))
        #expect(desk.text.contains("NOT saved"))
    }

    @Test("A score that was left and then not saved is found again by whoever typed it, and by nobody else")
    func keptForItsActor() {
        var desk = desk()
        desk.scan("TK-000103")
        desk.press(.enter)
        desk.type("77")
        desk.press(.enter, .escape)
        desk.send(.failed(DeskFailure(work: .request(1), message: "The disk is full.", code: "STORE-13")))
        #expect(desk.text.contains("The points are kept"))
        #expect(!desk.text.contains("77"))
        desk.press(.escape, .function(8), .down, .enter)
        desk.scan("TK-000103")
        desk.press(.enter)
        #expect(!desk.text.contains("77"))
        desk.press(.escape, .escape, .function(8), .up, .enter)
        desk.scan("TK-000103")
        desk.press(.enter)
        #expect(desk.text.contains("You typed this before and it was not saved."))
        desk.press(.enter)
        let form = ScoreForm(booking: "b3", component: "t", role: .first, raw: 77)
        #expect(desk.writes.last == .enterScore(DeskRequest(number: 2, actor: "u1", seen: "v1"), form))
        desk.answerSaved(scored(first: "u1"))
        #expect(desk.model.unsavedScores.isEmpty)
    }
}
