/// A screen as a value: rows x columns of cells, and where the cursor stands.
///
/// In every row the widths of the cells sum to `columns`: a wide cell is always followed by its right half, and writing
/// over one half blanks the other.
public struct CellGrid: Hashable, Sendable {
    public let rows: Int
    public let columns: Int
    /// Where the terminal's cursor shows; hidden where there is none.
    public var cursor: CellPosition?
    private var cells: [Cell]

    /// The greatest side of a grid, in cells; sizes beyond it come from a broken terminal.
    public static let sideMax = 1000

    /// A blank grid. Sides are held within 1 and `sideMax`.
    public init(columns: Int, rows: Int) {
        self.columns = min(max(columns, 1), CellGrid.sideMax)
        self.rows = min(max(rows, 1), CellGrid.sideMax)
        cells = Array(repeating: .blank(.normal), count: self.columns * self.rows)
    }

    /// The cell at a place inside the grid.
    public subscript(row: Int, column: Int) -> Cell { cells[row * columns + column] }

    /// The cells of one row, `columns` of them.
    public func row(_ row: Int) -> ArraySlice<Cell> { cells[row * columns..<(row + 1) * columns] }

    /// Puts one cell where it fits entirely, and blanks the halves of wide characters that it cuts.
    mutating func set(_ cell: Cell, row: Int, column: Int) {
        guard row >= 0, row < rows, column >= 0, cell.width > 0, column + cell.width <= columns else { return }
        let start = row * columns + column
        let end = start + cell.width
        if cells[start].width == 0 { cells[start - 1] = .blank(cells[start - 1].style) }
        if column + cell.width < columns, cells[end].width == 0 { cells[end] = .blank(cells[end].style) }
        cells[start] = cell
        if cell.width == 2 { cells[start + 1] = .rightHalf(cell.style) }
    }

    /// The text of every row, `rows` of them, each `columns` columns wide. For golden tests.
    public func lines() -> [String] {
        (0..<rows).map { row in
            var line = ""
            for cell in self.row(row) { line += cell.text }
            return line
        }
    }
}
