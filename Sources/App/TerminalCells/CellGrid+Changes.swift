/// A cell that must be painted, and where.
public struct CellChange: Hashable, Sendable {
    public let position: CellPosition
    public let cell: Cell
}

extension CellGrid {
    /// The cells to paint so that a terminal that shows `painted` shows this grid: row by row, left to right, without
    /// right halves, which come with their left ones. Everything where there is nothing painted, or another size.
    public func changes(since painted: CellGrid?) -> [CellChange] {
        let old = painted.flatMap { $0.rows == rows && $0.columns == columns ? $0 : nil }
        var changes: [CellChange] = []
        for row in 0..<rows {
            if let old, old.row(row) == self.row(row) { continue }
            for column in 0..<columns {
                let cell = self[row, column]
                guard cell.width > 0, needsPaint(cell, row: row, column: column, old: old) else { continue }
                changes.append(CellChange(position: CellPosition(row: row, column: column), cell: cell))
            }
        }
        return changes
    }

    /// A wide cell is painted again also where only its right half is new: the terminal drops it with the old text.
    private func needsPaint(_ cell: Cell, row: Int, column: Int, old: CellGrid?) -> Bool {
        guard let old else { return true }
        if old[row, column] != cell { return true }
        return cell.width == 2 && old[row, column + 1] != self[row, column + 1]
    }
}
