/// One column of a grid, or two for a wide character.
public struct Cell: Hashable, Sendable {
    /// One spacing scalar with its combining marks; empty in the right half of a wide character.
    public let text: String
    /// Columns that the cell takes: 1, 2, or 0 in the right half of a wide character.
    public let width: Int
    public let style: Style

    init(text: String, width: Int, style: Style) {
        self.text = text
        self.width = width
        self.style = style
    }

    static func blank(_ style: Style) -> Cell { Cell(text: " ", width: 1, style: style) }
    static func rightHalf(_ style: Style) -> Cell { Cell(text: "", width: 0, style: style) }
}

/// A place in a grid, in cells from the top left corner, which is row 0, column 0.
public struct CellPosition: Hashable, Sendable {
    public let row: Int
    public let column: Int

    public init(row: Int, column: Int) {
        self.row = row
        self.column = column
    }
}
