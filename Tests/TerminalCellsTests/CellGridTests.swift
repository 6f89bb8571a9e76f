import Testing

@testable import TerminalCells

/// What must hold for every grid.
func expectSound(_ grid: CellGrid, _ comment: Comment? = nil) {
    for row in 0..<grid.rows {
        #expect(grid.row(row).reduce(0) { $0 + $1.width } == grid.columns, comment)
        for column in 0..<grid.columns {
            let cell = grid[row, column]
            if cell.width == 2 { #expect(column + 1 < grid.columns && grid[row, column + 1].width == 0, comment) }
            if cell.width == 0 { #expect(column > 0 && grid[row, column - 1].width == 2, comment) }
        }
    }
}

@Suite("A grid of cells")
struct CellGridTests {
    @Test("A new grid is blank, and its sides are at least 1")
    func blank() {
        #expect(CellGrid(columns: 3, rows: 2).lines() == ["   ", "   "])
        #expect(CellGrid(columns: 0, rows: -5).lines() == [" "])
        #expect(CellGrid(columns: .max, rows: 1).columns == CellGrid.sideMax)
    }

    @Test("Text is cut by grapheme cluster and ends in an ellipsis")
    func cut() {
        var grid = CellGrid(columns: 6, rows: 3)
        grid.put("abcdefg", row: 0, column: 0)
        grid.put("佐藤健太", row: 1, column: 0)
        grid.put("Nguye\u{302}\u{303}nh", row: 2, column: 0, width: 6)
        #expect(grid.lines() == ["abcde…", "佐藤… ", "Nguye\u{302}\u{303}…"])
    }

    @Test("A wide character that would hang over the edge is left out whole")
    func edge() {
        var grid = CellGrid(columns: 3, rows: 1)
        grid.put("佐藤", row: 0, column: 0)
        #expect(grid.lines() == ["佐…"])
        grid.put("藤", row: 0, column: 2)
        #expect(grid.lines() == ["佐…"])
        expectSound(grid)
    }

    @Test("A given width is padded, and the alignment says where")
    func alignment() {
        var grid = CellGrid(columns: 6, rows: 3)
        for row in 0..<3 { grid.put("xxxxxx", row: row, column: 0) }
        #expect(grid.put("ab", row: 0, column: 0, width: 5) == 5)
        grid.put("ab", row: 1, column: 0, width: 5, alignment: .trailing)
        grid.put("ab", row: 2, column: 0, width: 5, alignment: .center)
        #expect(grid.lines() == ["ab   x", "   abx", " ab  x"])
    }

    @Test("Writing over half of a wide character blanks the other half")
    func halves() {
        var grid = CellGrid(columns: 4, rows: 1)
        grid.put("佐藤", row: 0, column: 0)
        grid.put("x", row: 0, column: 1)
        #expect(grid.lines() == [" x藤"])
        grid.put("x", row: 0, column: 2)
        #expect(grid.lines() == [" xx "])
        grid.put("佐", row: 0, column: 1)
        #expect(grid.lines() == [" 佐 "])
    }

    @Test("Boxes and rules stay within the grid")
    func boxes() {
        var grid = CellGrid(columns: 12, rows: 3)
        grid.box(row: 0, column: 0, rows: 3, columns: 12, title: "Help")
        #expect(grid.lines() == ["┌─ Help ───┐", "│          │", "└──────────┘"])
        grid.box(row: 1, column: 8, rows: 9, columns: 9)
        grid.box(row: 0, column: 0, rows: 1, columns: 9)
        expectSound(grid)
    }

    @Test("Every row fills its columns whatever is drawn wherever, and painting the changes gives the new grid")
    func laws() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<300 {
            let columns = Int.random(in: 1...30, using: &generator)
            let rows = Int.random(in: 1...6, using: &generator)
            var grid = CellGrid(columns: columns, rows: rows)
            var terminal = TerminalDouble(columns: columns, rows: rows)
            var painted: CellGrid?
            for _ in 0..<12 {
                draw(on: &grid, &generator)
                expectSound(grid)
                for change in grid.changes(since: painted) { terminal.paint(change) }
                painted = grid
                #expect(terminal.lines == grid.lines())
            }
            #expect(grid.changes(since: grid).isEmpty)
        }
    }

    private func draw(on grid: inout CellGrid, _ generator: inout SeededGenerator) {
        let row = Int.random(in: -2...grid.rows, using: &generator)
        let column = Int.random(in: -2...grid.columns, using: &generator)
        let width = Int.random(in: -1...35, using: &generator)
        let text = awkwardText(&generator, lengthMax: 20)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: grid.box(row: row, column: column, rows: 3, columns: width, title: text)
        case 1: grid.fill(row: row, column: column, rows: 2, columns: width)
        case 2: grid.put(text, row: row, column: column)
        case 3: grid.put(text, row: row, column: column, width: width, alignment: .trailing)
        default: grid.put(text, row: row, column: column, width: width, style: .selected)
        }
    }
}

/// What a terminal does with painted cells: a character that is cut in half disappears.
struct TerminalDouble {
    private var texts: [[String]]

    init(columns: Int, rows: Int) {
        texts = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    mutating func paint(_ change: CellChange) {
        let row = change.position.row
        let start = change.position.column
        let end = start + change.cell.width
        if texts[row][start].isEmpty { texts[row][start - 1] = "?" }
        if end < texts[row].count, texts[row][end].isEmpty { texts[row][end] = "?" }
        texts[row][start] = change.cell.text
        if change.cell.width == 2 { texts[row][start + 1] = "" }
    }

    var lines: [String] { texts.map { $0.joined() } }
}
