/// Where text stands in the columns that it is given.
public enum CellAlignment: Sendable { case leading, trailing, center }

extension CellGrid {
    /// Writes cleaned text into `width` columns (without it, up to the right edge), cut and padded by grapheme cluster.
    ///
    /// Text that does not fit ends in `…`. With a given `width` the rest is padded with blanks of the same style.
    /// Parts outside the grid are left out. Returns the columns that were written, padding included.
    @discardableResult
    public mutating func put(
        _ text: String, row: Int, column: Int, width: Int? = nil, style: Style = .normal,
        alignment: CellAlignment = .leading
    ) -> Int {
        let space = min(width ?? columns - column, columns - column)
        guard row >= 0, row < rows, column >= 0, space > 0 else { return 0 }
        let display = DisplayText(text)
        let needed = display.columns
        let shown = needed <= space ? needed : cutColumns(display, space: space)
        let slack = width == nil ? 0 : space - shown
        let lead = leadingSlack(slack, alignment)
        blank(row: row, from: column, count: lead, style: style)
        let end = write(display, row: row, column: column + lead, space: space, cut: needed > space, style: style)
        guard width != nil else { return end - column }
        blank(row: row, from: end, count: column + space - end, style: style)
        return space
    }

    private func leadingSlack(_ slack: Int, _ alignment: CellAlignment) -> Int {
        switch alignment {
        case .leading: 0
        case .trailing: slack
        case .center: slack / 2
        }
    }

    /// The columns of as many whole clusters as fit before an ellipsis, and of the ellipsis.
    private func cutColumns(_ display: DisplayText, space: Int) -> Int {
        var used = 0
        for pieces in display.clusters {
            let columns = pieces.reduce(0) { $0 + $1.width }
            if used + columns > space - 1 { break }
            used += columns
        }
        return used + 1
    }

    private mutating func write(
        _ display: DisplayText, row: Int, column: Int, space: Int, cut: Bool, style: Style
    ) -> Int {
        let end = column + space - (cut ? 1 : 0)
        var at = column
        for pieces in display.clusters {
            let columns = pieces.reduce(0) { $0 + $1.width }
            if at + columns > end { break }
            for piece in pieces {
                set(Cell(text: piece.text, width: piece.width, style: style), row: row, column: at)
                at += piece.width
            }
        }
        guard cut else { return at }
        set(Cell(text: "…", width: 1, style: style), row: row, column: at)
        return at + 1
    }

    private mutating func blank(row: Int, from column: Int, count: Int, style: Style) {
        guard count > 0 else { return }
        for offset in 0..<count { set(.blank(style), row: row, column: column + offset) }
    }

    /// Blanks a rectangle in one style; parts outside the grid are left out.
    public mutating func fill(row: Int, column: Int, rows: Int, columns: Int, style: Style = .normal) {
        let top = max(row, 0)
        let left = max(column, 0)
        let bottom = min(row + rows, self.rows)
        let right = min(column + columns, self.columns)
        guard top < bottom, left < right else { return }
        for row in top..<bottom { blank(row: row, from: left, count: right - left, style: style) }
    }

    /// A horizontal line of `width` columns, with an optional title that stands in it.
    public mutating func rule(row: Int, column: Int = 0, width: Int? = nil, title: String = "", style: Style = .dim) {
        let length = min(width ?? columns - column, columns - column)
        guard length > 0 else { return }
        let line = Cell(text: "─", width: 1, style: style)
        for offset in 0..<length { set(line, row: row, column: column + offset) }
        guard !title.isEmpty, length > 6 else { return }
        let room = min(displayColumns(title) + 2, length - 4)
        put(" \(title) ", row: row, column: column + 2, width: room, style: .heading)
    }

    /// A frame around a blank inside, with an optional title in its upper edge. Smaller than 2 x 2 draws nothing.
    public mutating func box(
        row: Int, column: Int, rows: Int, columns: Int, title: String = "", style: Style = .dim
    ) {
        guard rows >= 2, columns >= 2 else { return }
        fill(row: row, column: column, rows: rows, columns: columns)
        rule(row: row, column: column, width: columns, title: title, style: style)
        rule(row: row + rows - 1, column: column, width: columns, style: style)
        let right = column + columns - 1
        for middle in row + 1..<row + rows - 1 {
            put("│", row: middle, column: column, width: 1, style: style)
            put("│", row: middle, column: right, width: 1, style: style)
        }
        put("┌", row: row, column: column, width: 1, style: style)
        put("┐", row: row, column: right, width: 1, style: style)
        put("└", row: row + rows - 1, column: column, width: 1, style: style)
        put("┘", row: row + rows - 1, column: right, width: 1, style: style)
    }
}
