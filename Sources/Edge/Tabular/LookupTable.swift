import Merging

/// Rows of an input by the values of their key columns.
final class LookupTable {
    let rule: ImportTable
    private let rows: KeptTable
    /// The last key that was asked for: files are often sorted by it.
    private var lastKey: Text?
    private var lastRow: [String]?

    init(_ rule: ImportTable, in tables: KeptTables) {
        self.rule = rule
        rows = tables.makeTable(columns: rule.columns.count)
    }

    /// Several values as one key that no other values give.
    static func joined(_ parts: [String]) -> String {
        guard parts.count > 1 else { return parts.first ?? "" }
        return parts.map { "\($0.utf8.count):\($0)" }.joined()
    }

    /// Adds a row. The same row twice changes nothing; another row with the same key throws a fault. Throws a
    /// ``TabularError`` as ``KeptTable`` does.
    func add(key: String, values row: [String]) throws {
        guard let there = try rows.row(key) else { return try rows.insert(key, row) }
        guard there.elementsEqual(row, by: { Text($0) == Text($1) }) else {
            throw RowFault(.repeatedKey, "the table \(rule.name) has another row with this key; keep one of them")
        }
    }

    /// The value of a kept column in the row with the key; nil where there is no such row.
    func value(_ key: String, column: Int) throws(TabularError) -> String? {
        let key = Text(key)
        if key != lastKey {
            lastRow = try rows.row(key.string)
            lastKey = key
        }
        return lastRow?[column]
    }
}
