import Testing

@testable import TerminalCells

@Suite("Text for display")
struct DisplayTextTests {
    @Test("Controls, overrides, isolates, joiners, selectors and skin tones go")
    func strips() {
        #expect(DisplayText("a\u{1B}[31mb").text == "a[31mb")
        #expect(DisplayText("a\u{202E}b\u{2066}c\u{2069}").text == "abc")
        #expect(DisplayText("👩🏽\u{200D}🚀").text == "👩🚀")
        #expect(DisplayText("❤\u{FE0F}").text == "❤")
        #expect(DisplayText("so\u{AD}ft\u{200B}").text == "soft")
    }

    @Test("Line ends and tabs become one space each")
    func spaces() {
        #expect(DisplayText("a\tb\nc\u{2028}d").text == "a b c d")
    }

    @Test("Right-to-left text keeps its logical order")
    func logicalOrder() {
        #expect(DisplayText("محمد الأحمد").text == "محمد الأحمد")
    }

    @Test("A mark without a base stands on a dotted circle")
    func baselessMark() {
        #expect(DisplayText("\u{301}a").text == "\u{25CC}\u{301}a")
        #expect(displayColumns("\u{301}") == 1)
    }

    @Test("One base carries no more marks than a terminal cell holds")
    func manyMarks() {
        let text = DisplayText("a" + String(repeating: "\u{301}", count: 200)).text
        #expect(text.unicodeScalars.count == 1 + DisplayText.marksPerBaseMax)
        #expect(DisplayText("\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}").text.unicodeScalars.count == 5)
    }

    @Test("What has no shape is shown as the replacement character")
    func unassigned() {
        #expect(DisplayText("\u{FFFE}").text == "\u{FFFD}")
    }

    @Test(
        "Columns are those of the terminal",
        arguments: [
            ("", 0), ("abc", 3), ("佐藤 健太", 9), ("Zoe\u{308}", 3), ("Nguyễn", 6), ("Nguye\u{302}\u{303}n", 6),
            ("محمد", 4), ("김민준", 6), ("\u{1100}\u{1161}\u{11A8}", 2), ("👩🏽‍🚀", 4),
        ])
    func columns(text: String, columns: Int) {
        #expect(displayColumns(text) == columns)
    }

    @Test("Cleaning twice is cleaning once, nothing forbidden is left, and pieces fill the text's columns")
    func laws() {
        var generator = SeededGenerator(seed: 0xA55A)
        for _ in 0..<4000 {
            let raw = awkwardText(&generator, lengthMax: 24)
            let display = DisplayText(raw)
            #expect(DisplayText(display.text) == display, "\(raw.unicodeScalars.map(\.value))")
            for scalar in display.text.unicodeScalars {
                let properties = scalar.properties
                #expect(properties.generalCategory != .control)
                #expect(!properties.isDefaultIgnorableCodePoint && !properties.isEmojiModifier)
                #expect(!properties.isBidiControl)
            }
            let pieces = display.clusters.flatMap { $0 }
            #expect(pieces.reduce(0) { $0 + $1.width } == display.columns)
            #expect(pieces.allSatisfy { $0.width == 1 || $0.width == 2 })
            #expect(pieces.allSatisfy { $0.text.unicodeScalars.count <= 1 + DisplayText.marksPerBaseMax })
            #expect(pieces.map(\.text).joined() == display.text)
        }
    }

    @Test("Printable ASCII is left as it is")
    func ascii() {
        let text = String((0x20..<0x7F).compactMap(Unicode.Scalar.init).map(Character.init))
        #expect(DisplayText(text).text == text)
        #expect(displayColumns(text) == 95)
    }
}
