import HybridTime

/// A table of sequence ranges, as few rows as there are gaps: `keys…, first, last`, with `(keys…, last)` as its key.
final class RangeTable {
    private let select: Statement
    private let insert: Statement
    private let delete: Statement
    private let keyCount: Int32

    init(_ connection: OpaquePointer, _ table: String, keys: [String]) throws(StoreError) {
        keyCount = Int32(keys.count)
        let match = keys.map { "\($0) = ?" }.joined(separator: " AND ")
        select = Statement(
            connection,
            "SELECT first, last FROM \(table) WHERE \(match) AND last >= ? AND first <= ? ORDER BY last")
        insert = Statement(
            connection,
            "INSERT INTO \(table)(\(keys.joined(separator: ", ")), first, last) VALUES ("
                + String(repeating: "?, ", count: keys.count) + "?, ?)")
        delete = Statement(connection, "DELETE FROM \(table) WHERE \(match) AND last = ?")
    }

    private func bind(_ statement: Statement, _ keys: [Int64]) {
        for (index, key) in keys.enumerated() { statement.bind(Int32(index + 1), key) }
    }

    /// The ranges that overlap or touch `range`.
    func ranges(
        _ keys: [Int64], overlapping range: ClosedRange<Sequence32> = 1...Sequence32.max
    ) throws(StoreError) -> SequenceRanges {
        bind(select, keys)
        select.bind(keyCount + 1, Int64(range.lowerBound) - 1)
        select.bind(keyCount + 2, Int64(range.upperBound) + 1)
        defer { select.reset() }
        var result = SequenceRanges()
        while try select.step() {
            let first = Sequence32(truncatingIfNeeded: select.integer(0))
            let last = Sequence32(truncatingIfNeeded: select.integer(1))
            guard first >= 1, first <= last else {
                throw .damaged(place: "the journal", reason: "a range of sequences")
            }
            result.insert(first...last)
        }
        return result
    }

    func insert(_ range: ClosedRange<Sequence32>, _ keys: [Int64]) throws(StoreError) {
        var merged = range
        for neighbour in try ranges(keys, overlapping: range).ranges {
            merged = min(merged.lowerBound, neighbour.lowerBound)...max(merged.upperBound, neighbour.upperBound)
            try removeRow(keys, neighbour.upperBound)
        }
        bind(insert, keys)
        insert.bind(keyCount + 1, Int64(merged.lowerBound))
        insert.bind(keyCount + 2, Int64(merged.upperBound))
        try insert.run()
    }

    func remove(_ ranges: SequenceRanges, _ keys: [Int64]) throws(StoreError) {
        for range in ranges.ranges {
            let touching = try self.ranges(keys, overlapping: range)
            for row in touching.ranges { try removeRow(keys, row.upperBound) }
            for rest in touching.subtracting(SequenceRanges(range)).ranges { try insert(rest, keys) }
        }
    }

    private func removeRow(_ keys: [Int64], _ last: Sequence32) throws(StoreError) {
        bind(delete, keys)
        delete.bind(keyCount + 1, Int64(last))
        try delete.run()
    }
}
