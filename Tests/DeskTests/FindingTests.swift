import TerminalCells
import Testing

@testable import Desk

@Suite("Finding a person")
struct FindingTests {
    @Test("The full name, its words in any order and case, finds the person")
    func fullName() {
        for row in Fixture.rows {
            let words = row.name.full.split(separator: " ").map(String.init)
            for query in [row.name.full, words.reversed().joined(separator: " "), row.name.full.uppercased()] {
                var desk = TestDesk.atRoster()
                desk.press(.paste(query))
                let found = desk.model.roster?.visible.map(\.row.booking) ?? []
                #expect(found.contains(row.booking), "\(query)")
            }
        }
    }

    @Test("A name typed key by key, combining marks apart, finds the person")
    func typed() {
        for row in Fixture.rows {
            var desk = TestDesk.atRoster()
            for scalar in row.name.full.unicodeScalars { desk.press(.character(Character(scalar))) }
            #expect(desk.model.roster?.visible.contains { $0.row.booking == row.booking } == true)
        }
    }

    @Test(
        "Diacritics, case, width and letters that do not decompose make no difference",
        arguments: [
            ("nguyen", "b2"), ("NGUYEN zoe", "b3"), ("dang", "b3"), ("lukasz zolc", "b4"), ("obrien", "b5"),
            ("الاحمد", "b0"), ("佐藤", "b1"), ("김민", ""), ("민준 김", "b6"), ("strassburg", "b8"),
            ("habsburg lothringen", "b8"),
            ("ｚｏｅ", "b2"), ("k1007", "b7"), ("000107", "b7"),
        ])
    func folded(query: String, booking: String) {
        var desk = TestDesk.atRoster()
        desk.type(query)
        let found = desk.model.roster?.visible.map(\.row.booking) ?? []
        #expect(booking.isEmpty ? found.isEmpty : found.contains(booking))
    }

    @Test("The candidate number and Enter open the person")
    func number() {
        var desk = TestDesk.atRoster()
        desk.scan("k1007")
        #expect(desk.model.person?.row.booking == "b7")
    }

    @Test("Enter opens nobody where nobody matches, or where nothing is typed and nobody chosen")
    func nobody() {
        var desk = TestDesk.atRoster()
        desk.press(.enter)
        #expect(desk.model.person == nil)
        desk.scan("--")
        #expect(desk.model.person == nil)
        desk.press(.escape)
        desk.scan("qqq")
        #expect(desk.model.person == nil)
        #expect(desk.text.contains("Nobody on this roster matches"))
        #expect(desk.effects.last == .findElsewhere("qqq"))
        desk.send(.foundElsewhere("other", lines: ["nothing"]))
        #expect(desk.model.form == nil, "an answer to what is no longer asked")
        desk.send(
            .foundElsewhere("qqq", lines: ["Quentin Quire, K9, born 1990-01-01", "   expected: Practice, 14:00"]))
        #expect(desk.text.contains("Not on this roster") && desk.text.contains("Quentin Quire"))
        desk.press(.enter)
        #expect(desk.model.form == nil && desk.model.person == nil)
    }

    @Test("A ticket that is scanned while the roster is being read is not called unknown, and Enter finds it then")
    func stillReading() throws {
        var desk = TestDesk.atRoster(people: nil)
        let row = try #require(Fixture.rows.first)
        desk.scan(row.ticket)
        #expect(desk.text.contains("still being read") && !desk.text.contains("Nobody"))
        desk.send(.rosterLoaded(session: "s1", rows: Fixture.rows))
        desk.press(.enter)
        #expect(desk.model.person?.row.booking == row.booking)
    }

    @Test("Tab lists part of the people, and typing searches among everyone all the same")
    func show() {
        var desk = TestDesk.atRoster()
        desk.press(.tab)
        #expect(desk.model.roster?.visible.allSatisfy { $0.row.state == .booked } == true)
        desk.type("k1003")
        #expect(desk.model.roster?.visible.map(\.row.booking) == ["b3"])
        desk.press(.escape, .backTab, .backTab, .backTab)
        #expect(desk.model.roster?.visible.map(\.row.booking) == ["b5", "b6"])
    }

    @Test("Folding twice is folding once")
    func idempotent() {
        for row in Fixture.rows {
            let once = SearchFold.words(row.name.full)
            #expect(SearchFold.words(once.joined(separator: " ")) == once)
            #expect(once.allSatisfy { !$0.isEmpty })
        }
    }
}

@Suite("A line being typed")
struct TextFieldTests {
    private func field(_ text: String, _ keys: [Key]) -> TextField {
        var field = TextField(text)
        for key in keys { _ = field.press(key) }
        return field
    }

    @Test("Characters go in at the cursor and come out before and after it")
    func editing() {
        #expect(field("abc", [.left, .character("x")]).text == "abxc")
        #expect(field("abc", [.home, .delete]).text == "bc")
        #expect(field("abc", [.backspace, .backspace]).text == "a")
        #expect(field("abc", [.control("u")]).text == "")
        #expect(field("", [.backspace, .delete, .left, .right]).text == "")
    }

    @Test("A combining mark joins the letter before it, also in the middle")
    func marks() {
        let typed = field("zoe", [.character("\u{308}"), .left, .left, .character("\u{301}")])
        #expect(typed.text == "z\u{301}oë")
        #expect(typed.cursor == 1)
    }

    @Test("A suggestion is replaced by what is typed and kept by a look at it")
    func suggestion() {
        var field = TextField("12", isSuggestion: true)
        _ = field.press(.character("7"))
        #expect(field.text == "7")
        var kept = TextField("12", isSuggestion: true)
        _ = kept.press(.end)
        _ = kept.press(.character("7"))
        #expect(kept.text == "127")
    }

    @Test("A field holds a limited text, and a paste its first line")
    func limits() {
        #expect(field("", Array(repeating: .character("a"), count: 500)).text.count == TextField.charactersMax)
        #expect(field("", [.paste("\nab\ncd")]).text == "ab")
        let marks = field("", Array(repeating: .character("\u{301}"), count: 5000))
        #expect(marks.text.unicodeScalars.count <= 4 * TextField.charactersMax)
    }

    @Test("The cursor stays within the text whatever is pressed")
    func law() {
        var generator = SeededGenerator(seed: 3)
        var field = TextField()
        for _ in 0..<5000 {
            _ = field.press(RandomKeys.any(&generator))
            #expect(field.cursor >= 0 && field.cursor <= field.text.count)
        }
    }
}
