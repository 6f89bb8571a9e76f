import GRDB
import GRDBSQLite
import HybridTime
import ReplicaStore

/// All that a store holds, as SQLite itself reads it: a hash a table. Two moments with equal contents are one state.
///
/// It shares nothing with the store's own reading of its tables. Kept digests are left out: they are derived.
public struct StoreContents: Equatable, Sendable {
    public let tables: [String: UInt64]
    /// The greatest sequence of this replica's own change sets.
    public let ownEnd: Sequence32
    /// What the journal holds, by the origin's bits.
    public let held: [UInt64: SequenceRanges]
    /// The greatest own sequence that a receipt speaks of.
    public let receipted: Sequence32
    /// Where the store stands in the feed of each hub, by the hub's bits.
    public let cursors: [UInt64: Int64]

    public init(of store: ReplicaStore) throws {
        let own = store.identity.replica
        self = try store.reading { db in try StoreContents(db, own) }
    }

    private init(_ db: Database, _ own: ReplicaID) throws {
        var tables: [String: UInt64] = [:]
        for name in try String.fetchAll(
            db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        {
            let columns = try db.columns(in: name).map(\.name).filter { name != "document" || $0 != "digest" }
            let list = columns.map { "\"\($0)\"" }.joined(separator: ", ")
            tables[name] = try StoreContents.hash("SELECT \(list) FROM \"\(name)\" ORDER BY \(list)", db)
        }
        self.tables = tables
        var held: [UInt64: SequenceRanges] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT id, first, last FROM held JOIN origin ON n = origin") {
            let range = Sequence32(row[1] as Int64)...Sequence32(row[2] as Int64)
            held[UInt64(bitPattern: row[0] as Int64), default: SequenceRanges()].insert(range)
        }
        let tail = try Row.fetchOne(db, sql: "SELECT min(sequence), max(sequence) FROM tail")
        if let tail, let first = tail[0] as Int64?, let last = tail[1] as Int64? {
            held[own.bits, default: SequenceRanges()].insert(Sequence32(first)...Sequence32(last))
        }
        self.held = held
        ownEnd = held[own.bits]?.contiguousEnd ?? 0
        let bits = Int64(bitPattern: own.bits)
        receipted = Sequence32(
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT coalesce(max(last), 0) FROM
                        (SELECT origin, last FROM receipt UNION ALL SELECT origin, last FROM at_hq)
                    WHERE origin = (SELECT n FROM origin WHERE id = ?)
                    """, arguments: [bits]) ?? 0)
        var cursors: [UInt64: Int64] = [:]
        for row in try Row.fetchAll(
            db, sql: "SELECT id, position FROM cursor JOIN origin ON n = hub WHERE bootstrap IS NULL")
        {
            cursors[UInt64(bitPattern: row[0] as Int64)] = row[1]
        }
        self.cursors = cursors
    }

    /// FNV-1a over every value of every row, with their types.
    private static func hash(_ sql: String, _ db: Database) throws -> UInt64 {
        let statement = try db.makeStatement(sql: sql)
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func take(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        while true {
            let status = sqlite3_step(handle)
            if status == SQLITE_DONE { return hash }
            guard status == SQLITE_ROW else { throw DatabaseError(resultCode: ResultCode(rawValue: status)) }
            for column in 0..<sqlite3_column_count(handle) {
                take(UInt8(truncatingIfNeeded: sqlite3_column_type(handle, column)))
                let start = sqlite3_column_blob(handle, column)
                let count = Int(sqlite3_column_bytes(handle, column))
                UnsafeRawBufferPointer(start: start, count: count).forEach(take)
            }
        }
    }

    /// The tables in which two contents differ.
    public func differences(from other: StoreContents) -> [String] {
        Set(tables.keys).union(other.tables.keys).filter { tables[$0] != other.tables[$0] }.sorted()
    }
}
