import TerminalCells
import WireSamples

extension FuzzTarget {
    /// The input is a name that another replica sent, on its way to a terminal.
    static let display = FuzzTarget("display", inputBytesMax: 256, seeds: { displaySeeds }) { input in
        var parts = FuzzInput(input)
        let (width, bits) = (Int(parts.byte()) % 12, parts.byte())
        guard let text = String(validating: parts.rest(), as: UTF8.self) else { return .refused }
        let shown = DisplayText(text)
        for scalar in shown.text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            let turnsDirection = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            try BrokenLaw.check(!isControl && !turnsDirection, "a scalar that moves what a terminal shows")
        }
        try BrokenLaw.check(DisplayText(shown.text) == shown, "text that is cleaned twice")
        var grid = CellGrid(columns: 10, rows: 2)
        let alignments: [CellAlignment] = [.leading, .trailing, .center]
        grid.put(
            text, row: 0, column: Int(bits & 7), width: bits & 8 == 0 ? nil : width,
            alignment: alignments[Int(bits >> 4) % 3])
        grid.put(text, row: 0, column: Int(bits >> 5), width: 3)
        let widths = grid.row(0).reduce(0) { $0 + $1.width }
        try BrokenLaw.check(widths == 10, "a row whose cells do not fill it")
        return .accepted
    }

    private static let displaySeeds: [[UInt8]] = [
        "Zoe\u{308}", "e" + String(repeating: "\u{301}", count: 20), "\u{202E}abc\u{2066}", "王 欧阳", "a\u{0}\u{1B}[31m",
        "\u{1F469}\u{200D}\u{1F4BB}\u{1F3FD}", "\u{1F1E9}\u{1F1EA}", "श्रीवास्तव", "\u{1160}\u{11A8}한", "\u{FE0F}\u{308}x",
    ].map { [5, 9] + Array($0.utf8) }
}
