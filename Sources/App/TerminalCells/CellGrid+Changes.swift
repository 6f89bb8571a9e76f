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
                // A wide cell that is the same has the same right half: the grid's invariant.
                guard cell.width > 0, old?[row, column] != cell else { continue }
                changes.append(CellChange(position: CellPosition(row: row, column: column), cell: cell))
            }
        }
        return changes
    }
}
