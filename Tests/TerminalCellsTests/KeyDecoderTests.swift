import CTerminal
import Testing

@testable import TerminalCells

@Suite("Keys")
struct KeyDecoderTests {
    private func keys(_ raws: [KeyDecoder.Raw]) -> [Key] {
        var decoder = KeyDecoder()
        return raws.flatMap { decoder.decode($0) }
    }

    private func scalars(_ text: String) -> [KeyDecoder.Raw] { text.unicodeScalars.map { .scalar($0.value) } }

    private let begin = KeyDecoder.Raw.named(Int(CT_KEY_PASTE_BEGIN))
    private let end = KeyDecoder.Raw.named(Int(CT_KEY_PASTE_END))

    @Test("Characters, control letters and named keys are told apart")
    func plain() {
        let raws: [KeyDecoder.Raw] = [
            .scalar(0x4F50), .scalar(13), .scalar(27), .scalar(9), .scalar(127), .scalar(8), .scalar(17),
            .named(Int(CT_KEY_FUNCTION) + 4), .named(Int(CT_KEY_PAGE_UP)), .named(Int(CT_KEY_UNKNOWN)), .scalar(0),
            .scalar(0x9B), .scalar(0xD800),
        ]
        #expect(
            keys(raws) == [
                .character("佐"), .enter, .escape, .tab, .backspace, .backspace, .control("q"), .function(4), .pageUp,
            ])
    }

    @Test("A scanner that ends with carriage return and line feed presses Enter once")
    func lineFeed() {
        #expect(keys([.scalar(13), .scalar(10)]).filter { $0 == .enter }.count == 1)
    }

    @Test("A paste is one key, line ends included")
    func paste() {
        #expect(keys([begin] + scalars("a\rb") + [end, .scalar(13)]) == [.paste("a\rb"), .enter])
        #expect(keys([begin, end]).isEmpty)
    }

    @Test("A paste whose end is lost is ended by the next key that cannot be pasted")
    func lostEnd() {
        #expect(keys([begin] + scalars("ab") + [.scalar(27)]) == [.paste("ab"), .escape])
        #expect(keys([begin] + scalars("ab") + [.named(Int(CT_KEY_UP))]) == [.paste("ab"), .up])
    }

    @Test("A paste without end is held within a limit")
    func pasteLimit() {
        let long = keys([begin] + Array(repeating: .scalar(97), count: 10_000) + [end])
        #expect(long == [.paste(String(repeating: "a", count: KeyDecoder.pasteScalarsMax))])
    }

    @Test("Without colours the roles that carry a warning still look different from plain text")
    func monochrome() {
        let plain = Look(.normal, colors: 0)
        for style in [Style.bad, .warning, .selected, .heading, .input] {
            #expect(Look(style, colors: 0) != plain)
            #expect(Look(style, colors: 0).foreground == -1)
        }
        #expect(Look(.good, colors: 8).foreground == 2)
    }
}
