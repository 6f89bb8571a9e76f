import Merging

/// What a reader keeps by key while it reads: the rows of look-up tables, and the keys that `distinct` targets have met.
///
/// As long as all of it is small it is held in memory. Beyond that the largest table moves to a private temporary
/// database, so that the memory is the same however long the files are. Keys and values are bytes: composed and
/// decomposed letters are two keys.
final class KeptTables {
    /// What the bookkeeping of a row costs beside its bytes, roughly.
    private static let rowBytes = 64

    private let bytesMax: Int
    private var tables: [KeptTable] = []
    private var bytesHeld = 0
    private var database: KeptDatabase?

    /// - Parameter bytesMax: what all tables may hold in memory together.
    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// The rows that are in memory now.
    var rowsHeld: Int { tables.reduce(0) { $0 + $1.rowsHeld } }

    /// A new table, of rows with so many values; none for one of keys alone.
    func makeTable(columns: Int) -> KeptTable {
        let table = KeptTable(self, number: tables.count, columns: columns)
        tables.append(table)
        return table
    }

    /// Counts a row that a table took into memory.
    /// - Returns: what it counts for.
    fileprivate func hold(_ key: String, _ row: [String]) -> Int {
        let bytes = row.reduce(KeptTables.rowBytes + key.utf8.count) { $0 + $1.utf8.count }
        bytesHeld += bytes
        return bytes
    }

    /// Moves tables out of memory until the rest is within the limit.
    fileprivate func shrink() throws(TabularError) {
        while bytesHeld > bytesMax, let largest = tables.max(by: { $0.bytesHeld < $1.bytesHeld }) {
            bytesHeld -= largest.bytesHeld
            try largest.move(to: opened())
        }
    }

    private func opened() throws(TabularError) -> KeptDatabase {
        if let database { return database }
        let new = try KeptDatabase()
        database = new
        return new
    }
}

/// Rows by key, in memory or in a temporary database.
final class KeptTable {
    private unowned let tables: KeptTables
    private let number: Int
    private let columns: Int
    private var held: [Text: [String]] = [:]
    private var stored: KeptDatabase.Table?
    fileprivate private(set) var bytesHeld = 0

    fileprivate init(_ tables: KeptTables, number: Int, columns: Int) {
        self.tables = tables
        self.number = number
        self.columns = columns
    }

    fileprivate var rowsHeld: Int { held.count }

    /// The row with a key; nil where there is none. Throws `file` where the temporary database cannot be read.
    func row(_ key: String) throws(TabularError) -> [String]? {
        if let stored { return try stored.row(key) }
        return held[Text(key)]
    }

    /// Adds a row whose key is not there yet. Throws `file` where the temporary database cannot be written.
    func insert(_ key: String, _ row: [String] = []) throws(TabularError) {
        if let stored { return try stored.insert(key, row) }
        held[Text(key)] = row
        bytesHeld += tables.hold(key, row)
        try tables.shrink()
    }

    fileprivate func move(to database: KeptDatabase) throws(TabularError) {
        let table = try database.makeTable(number, columns: columns)
        for (key, row) in held { try table.insert(key.string, row) }
        stored = table
        held = [:]
        bytesHeld = 0
    }
}
