/// Rows of an input by the values of their key columns, in memory.
final class LookupTable {
    let rule: ImportTable
    private var places: [String: Int] = [:]
    /// The columns that the rule keeps, row after row.
    private var values: [String] = []
    /// The last key that was asked for: files are often sorted by it.
    private var lastKey: String?
    private var lastPlace: Int?

    init(_ rule: ImportTable) { self.rule = rule }

    /// Several values as one key that no other values give.
    static func joined(_ parts: [String]) -> String {
        guard parts.count > 1 else { return parts.first ?? "" }
        return parts.map { "\($0.utf8.count):\($0)" }.joined()
    }

    /// Adds a row. The same row twice changes nothing; another row with the same key throws a fault.
    func add(key: String, values row: [String]) throws(RowFault) {
        if let place = places[key] {
            guard values[place..<place + row.count].elementsEqual(row) else {
                throw RowFault(
                    .repeatedKey,
                    "the table \(rule.name) has another row with this key; keep one of them")
            }
            return
        }
        places[key] = values.count
        values.append(contentsOf: row)
    }

    var count: Int { places.count }

    /// The value of a kept column in the row with the key; nil where there is no such row.
    func value(_ key: String, column: Int) -> String? {
        if key != lastKey {
            lastKey = key
            lastPlace = places[key]
        }
        guard let lastPlace else { return nil }
        return values[lastPlace + column]
    }
}
