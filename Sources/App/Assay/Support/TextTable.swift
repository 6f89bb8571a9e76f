import TerminalCells

/// Columns that stay in line whatever the script, in lines that fit the screen and the page.
struct TextTable {
    static let pageColumns = 80

    struct Column {
        let title: String
        var isRight = false
        /// What it may shrink to where the lines would be too long; nil keeps it whole.
        var least: Int?
    }

    struct Cell: ExpressibleByStringLiteral {
        let text: String
        let role: Console.Role?

        init(_ text: String, _ role: Console.Role? = nil) {
            self.text = DisplayText(text).text
            self.role = role
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func append(_ row: [Cell]) { rows.append(row) }

    /// The heading and the rows. Columns that may shrink share what is missing, the widest first.
    func lines(width: Int = pageColumns, indent: Int = 0) -> [String] {
        let widths = fitted(width - indent)
        let margin = String(repeating: " ", count: indent)
        let heading = line(columns.map { Cell($0.title) }, widths)
        return [margin + Console.styled(heading, .heading)] + rows.map { margin + line($0, widths) }
    }

    private func fitted(_ width: Int) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(displayColumns(columns[index].title)) { max($0, displayColumns($1[index].text)) }
        }
        let gaps = 2 * max(columns.count - 1, 0)
        while widths.reduce(gaps, +) > width {
            let shrinkable = columns.indices.filter { widths[$0] > (columns[$0].least ?? Int.max) }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    private func line(_ row: [Cell], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in row.enumerated() {
            let shown = Layout.cut(cell.text, to: widths[index])
            let padding = String(repeating: " ", count: max(0, widths[index] - displayColumns(shown)))
            let styled = cell.role.map { Console.styled(shown, $0) } ?? shown
            let isLast = index == row.count - 1
            line += columns[index].isRight ? padding + styled : styled + (isLast ? "" : padding)
            if !isLast { line += "  " }
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return line
    }
}

/// Text in lines.
enum Layout {
    /// At most so many columns, the end replaced by an ellipsis where something is missing.
    static func cut(_ text: String, to columns: Int) -> String {
        guard displayColumns(text) > columns else { return text }
        var result = ""
        var used = 0
        for character in text {
            let wide = displayColumns(String(character))
            if used + wide > columns - 1 { break }
            result.append(character)
            used += wide
        }
        return result + "…"
    }

    /// A line above what belongs to it, cleaned, in as many lines as it takes.
    static func heading(_ text: String) -> [String] { wrapped(text, hanging: 2).map { Console.styled($0, .heading) } }

    /// Words in lines of at most `width` columns; the lines after the first begin with `hanging` blanks.
    static func wrapped(_ text: String, hanging: Int = 0, width: Int = TextTable.pageColumns) -> [String] {
        // A date and its time stay together.
        let clean = DisplayText(text).text
            .replacing(/(\d{4}-\d\d-\d\d) (\d\d:)/) { "\($0.output.1)\u{A0}\($0.output.2)" }
        var lines: [String] = []
        var line = ""
        for word in clean.split(separator: " ", omittingEmptySubsequences: true) {
            let start = lines.isEmpty && line.isEmpty ? leadingBlanks(clean) : ""
            if line.isEmpty {
                line = start + String(word)
            } else if displayColumns(line) + 1 + displayColumns(String(word)) <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(repeating: " ", count: hanging) + word
            }
        }
        return (lines + [line]).map(\.restoringBlanks)
    }

    private static func leadingBlanks(_ text: String) -> String { String(text.prefix { $0 == " " }) }

    /// `label` in a column of its own and the text beside it, in as many lines as it takes.
    static func entry(_ label: String, _ text: String, labelColumns: Int = 15) -> [String] {
        let padding = String(repeating: " ", count: max(1, labelColumns - displayColumns(label)))
        return wrapped(label.replacingBlanks + padding.replacingBlanks + text, hanging: labelColumns)
    }
}

extension String {
    /// Blanks that a line may not be broken at, as a scalar that no clean text holds.
    fileprivate var replacingBlanks: String { String(map { $0 == " " ? "\u{A0}" : $0 }) }
    fileprivate var restoringBlanks: String { String(map { $0 == "\u{A0}" ? " " : $0 }) }
}
