import GRDB
import GRDBSQLite
import HybridTime
import Merging
import Synchronization

/// What one reader's connection has prepared, and the origins' numbers that it has read: both cost more than most looks at
/// a store, so they are kept as long as the connection.
///
/// Used inside of ``ReplicaStore/readingTables(_:)`` alone, on the connection's own queue: that is what makes the promise
/// to the compiler true.
final class ReaderTables: @unchecked Sendable {
    let connection: OpaquePointer
    let origins: OriginNumbers
    let documents: DocumentTable
    let journal: Journal
    let sync: SyncState
    let scopes: ScopeTable
    let scopeFeed: ScopeFeed
    /// A table for each kind of the schema, in its order.
    let tables: [RecordTable]
    let records: RecordReader
    private var lookups: [String: Statement] = [:]

    init(
        _ connection: OpaquePointer, _ schema: Schema, _ observer: (any MergeObserver)?
    ) throws(StoreError) {
        self.connection = connection
        origins = try OriginNumbers(connection)
        documents = try DocumentTable(connection, origins)
        journal = try Journal(connection, origins)
        journal.names.observer = observer
        sync = try SyncState(connection, origins)
        scopes = ScopeTable(connection)
        scopeFeed = ScopeFeed(connection, origins)
        tables = schema.records.map { RecordTable($0, connection) }
        records = RecordReader(
            connection, origins, documents, Dictionary(uniqueKeysWithValues: tables.map { ($0.kind.tag, $0) }))
    }

    /// A look-up's statement, prepared once. Whoever has stepped it may leave it as it is.
    func lookup(_ sql: String) -> Statement {
        if let known = lookups[sql] {
            known.reset()
            return known
        }
        let statement = Statement(connection, sql)
        lookups[sql] = statement
        return statement
    }

    /// Resets every statement: one that was left in the middle would hold the connection at the moment that it read.
    func rest() {
        var next = sqlite3_next_stmt(connection, nil)
        while let statement = next {
            sqlite3_reset(statement)
            next = sqlite3_next_stmt(connection, statement)
        }
    }
}

/// The tables of one pool's readers.
final class ReaderCache: Sendable {
    private let known = Mutex<[UInt: ReaderTables]>([:])

    func tables(of db: Database, _ schema: Schema, _ observer: (any MergeObserver)?) throws -> ReaderTables {
        guard let connection = db.sqliteConnection else {
            throw StoreError.damaged(place: "the connection", reason: "it is closed")
        }
        let key = UInt(bitPattern: connection)
        if let tables = known.withLock({ $0[key] }) { return tables }
        let made = try ReaderTables(connection, schema, observer)
        known.withLock { $0[key] = made }
        return made
    }

    /// Before the connections close.
    func clear() { known.withLock { $0.removeAll() } }
}
