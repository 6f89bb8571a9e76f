import ByteCoding
import ChangeSets
import Crypto
import GRDB
import GRDBSQLite
import HybridTime
import Merging
import SyncProtocol
import Synchronization

/// One replica's store: a folder with an SQLite database and its lock file. Any number of processes may have it open.
public final class ReplicaStore: Sendable {
    public let schema: Schema
    /// Who this replica is, as far as this process knows: a restored or cloned store takes a new name. What is written
    /// and what is told to others goes by what the store itself says at that moment.
    public var identity: Identity { known.withLock { $0 } }
    /// Whether local and received change sets enter this store's feed: a hub's do.
    public let isHub: Bool
    public let path: String

    /// Where replicas below said that they stand in feeds since that was last written down.
    let subscribers = Mutex<[Subscriber: FeedPosition]>([:])

    /// Tells what was committed here, by this process.
    public let changes = StoreChanges()
    let lastDataVersion = Atomic(0)

    /// One writer's connection and a few readers', with what these have prepared. Whoever reads holds all of it meanwhile
    /// (``onConnections(_:)``): statements may only be given up where nobody uses their connection.
    private final class Connections: Sendable {
        let pool: DatabasePool
        let readers = ReaderCache()

        init(_ pool: DatabasePool) { self.pool = pool }

        deinit { readers.clear() }
    }

    private let connections: Mutex<Connections>
    private let lock: AdvisoryLock
    private let writer = WriterBox()
    private let file: DatabaseFile
    private let safety: Durability
    let observer: (any MergeObserver)?
    private let reserve: DiskReserve?
    /// Whether the disk failed under the writer: its connections are made anew before the next write.
    private let isSuspect = Atomic(false)

    private var pool: DatabasePool { connections.withLock { $0.pool } }
    private let known: Mutex<Identity>

    /// How surely a commit is on disk when it returns.
    public enum Durability: Sendable {
        /// Every commit is fsynced. The only one for work that anyone relies on.
        case full
        /// Nothing is fsynced: for measurements, and for stores that are filled and then closed.
        case none
    }

    static let fileName = "replica.sqlite"

    private init(
        file: DatabaseFile, pool: DatabasePool, lock: AdvisoryLock, schema: Schema, identity: Identity, isHub: Bool,
        durability: Durability, observer: (any MergeObserver)?
    ) throws {
        path = file.folder
        connections = Mutex(Connections(pool))
        self.file = file
        self.lock = lock
        self.schema = schema.withEngineRecords
        known = Mutex(identity)
        self.isHub = isHub
        safety = durability
        self.observer = observer
        reserve = durability == .full ? DiskReserve(file) : nil
        try lock.holding { () throws(StoreError) in
            writer.value = try makeWriter(pool)
            // Where there is no room for it, the next edit says so.
            try? reserve?.restore()
        }
    }

    /// Makes a new store in a folder that is there.
    /// - Parameter vfs: SQLite's name of the file system that the database is on; nil for the system's. The lock file is
    ///   on the system's always.
    public static func create(
        in path: String, schema: Schema, identity: Identity, isHub: Bool, durability: Durability = .full,
        observer: (any MergeObserver)? = nil, vfs: String? = nil
    ) throws -> ReplicaStore {
        let lock = try AdvisoryLock(path: path + "/lock")
        let file = DatabaseFile(folder: path, vfs: vfs)
        // Turning the write-ahead log on writes, so the pool is made under the lock as well.
        let pool = try lock.holding { () throws(StoreError) in
            try open(file, durability, pageBytes: Tables.pageBytes(isHub: isHub))
        }
        try lock.holding { () throws(StoreError) in
            try asStoreErrors {
                try pool.write { db in
                    guard try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0 else {
                        throw StoreError.alreadyAStore(path: path)
                    }
                    try db.execute(sql: Tables.engine)
                    try db.execute(sql: Tables.additions)
                    let schema = schema.withEngineRecords
                    try db.execute(sql: Tables.comesFirstIndex(schema))
                    for kind in schema.records { try db.execute(sql: Tables.recordTable(kind)) }
                    try Meta.write(identity, isHub: isHub, schema, db)
                }
            }
        }
        return try ReplicaStore(
            file: file, pool: pool, lock: lock, schema: schema, identity: identity, isHub: isHub,
            durability: durability, observer: observer)
    }

    /// Opens the store in a folder, and brings its tables up to this build's schema.
    /// - Parameter vfs: SQLite's name of the file system that the database is on; nil for the system's.
    public static func open(
        in path: String, schema: Schema, durability: Durability = .full, observer: (any MergeObserver)? = nil,
        vfs: String? = nil
    ) throws -> ReplicaStore {
        let file = DatabaseFile(folder: path, vfs: vfs)
        guard try file.exists() else { throw StoreError.notAStore(path: path) }
        let lock = try AdvisoryLock(path: path + "/lock")
        // Turning the write-ahead log on writes, so the pool is made under the lock as well.
        let pool = try lock.holding { () throws(StoreError) in try open(file, durability) }
        let (identity, isHub, tags, revision) = try lock.holding { () throws(StoreError) in
            try asStoreErrors {
                try pool.write { db in
                    let meta = try Meta.read(db, path: path)
                    try Migration.addMissing(schema.withEngineRecords, db)
                    return (meta.identity, meta.isHub, try Meta.tags(db), try Meta.revision(db))
                }
            }
        }
        let store = try ReplicaStore(
            file: file, pool: pool, lock: lock, schema: schema, identity: identity, isHub: isHub,
            durability: durability, observer: observer)
        try store.writing { writer throws(StoreError) in try writer.learn(tags, revision: revision, entersFeed: isHub) }
        return store
    }

    /// - Parameter pageBytes: the size of a new store's pages; one that is there keeps its own.
    private static func open(
        _ file: DatabaseFile, _ durability: Durability, pageBytes: Int = Tables.pageBytes(isHub: false)
    ) throws(StoreError) -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "assay"
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            guard !db.configuration.readonly else { return }
            // The layout is settled before the first table is made; a store that is there keeps its own.
            if try Int.fetchOne(db, sql: "PRAGMA page_count") == 0 {
                try db.execute(sql: "PRAGMA page_size = \(pageBytes)")
                try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? pageBytes
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(Tables.checkpointBytes / pageBytes)")
            try db.execute(sql: "PRAGMA cache_size = -\(Tables.cacheBytes >> 10)")
            if try db.tableExists("scope"), try Bool.fetchOne(db, sql: ScopeTable.isPartialQuery) ?? false {
                try db.execute(sql: ScopeTable.overwriting)
            }
        }
        return try asStoreErrors {
            let pool = try DatabasePool(path: file.sqliteName, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // GRDB sets NORMAL when it turns the write-ahead log on; whatever was saved must be on the disk, the
                // tables of a new store and a migration included.
                try db.execute(sql: "PRAGMA synchronous = \(durability == .full ? "FULL" : "OFF")")
                guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == (durability == .full ? 2 : 0) else {
                    throw StoreError.damaged(place: "the connection", reason: "synchronous did not take")
                }
            }
            return pool
        }
    }

    private func makeWriter(_ pool: DatabasePool) throws(StoreError) -> Writer {
        try ReplicaStore.asStoreErrors {
            try pool.writeWithoutTransaction { db in
                guard let connection = db.sqliteConnection else {
                    throw StoreError.damaged(place: "the connection", reason: "it is closed")
                }
                return try Writer(connection, schema, .cryptoSHA256, identity, isHub: isHub, observer, reserve)
            }
        }
    }

    /// Makes the connections anew after the disk failed under them: what SQLite and the system kept of that moment is
    /// not relied on. Readers under way end on the old ones, and the first write may have to wait for them. The lock is held.
    ///
    /// Where a sync failed, Linux may have dropped what was written before it, and later syncs succeed all the same: a
    /// log with a hole, which ends there after a power cut. So the log is folded into the database and begun again.
    private func reopenIfSuspect() throws(StoreError) {
        guard isSuspect.load(ordering: .relaxed) else { return }
        let fresh = try ReplicaStore.open(file, safety)
        try ReplicaStore.asStoreErrors {
            _ = try fresh.writeWithoutTransaction { db in try db.checkpoint(.truncate) }
        }
        let made = try makeWriter(fresh)
        pool.unsafeReentrantWrite { _ in writer.value = nil }
        writer.value = made
        connections.withLock { $0 = Connections(fresh) }
        isSuspect.store(false, ordering: .relaxed)
    }

    /// Packs what has gathered in the tail, folds the write-ahead log into the database, gives the pages that became free
    /// back to the disk, and closes the store. Only closing can fail: the rest is done when the store closes next time.
    public func close() throws(StoreError) {
        try? packTailIfNeeded(atLeast: ReplicaStore.packedAtOnce)
        try lock.holding { () throws(StoreError) in
            try ReplicaStore.asStoreErrors {
                let (pool, readers) = connections.withLock { ($0.pool, $0.readers) }
                pool.unsafeReentrantWrite { _ in writer.value = nil }
                // Waits for those who read.
                _ = try? pool.barrierWriteWithoutTransaction { db in
                    readers.clear()
                    try db.execute(sql: "PRAGMA incremental_vacuum")
                    try db.checkpoint(.truncate)
                }
                // The writer has to be the last to close: a reader cannot remove the write-ahead log.
                pool.invalidateReadOnlyConnections()
                try pool.close()
            }
        }
        lock.release()
    }

    // MARK: Access

    /// Runs `body` on the writer, in one transaction, under the store's lock; what it returns is on the disk.
    /// - Parameter isNewWork: whether it is a person's new work, which is refused when the disk is full. Everything else
    ///   may use up the reserve, and `body` runs again after that.
    func writing<Result>(
        isNewWork: Bool = false, _ body: (Writer) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        func named(_ writer: Writer) throws(StoreError) -> (result: Result, identity: Identity) {
            (try body(writer), writer.identity)
        }
        let done = try lock.holding { () throws(StoreError) in
            do throws(StoreError) { return try attempt(named) } catch {
                guard error.isDiskFull, !isNewWork, let reserve, reserve.isThere else { throw error }
                reserve.spend()
                return try attempt(named)
            }
        }
        notice(done.identity)
        return done.result
    }

    /// Tells whoever serves them that scopes' feeds grew.
    private func postAdvanced(_ names: Set<String>) {
        let scopes = names.sorted().compactMap { ScopeName($0) }
        if !scopes.isEmpty { changes.post(.scopesAdvanced(scopes)) }
    }

    /// Takes over who this replica is, and tells the observers where that is news.
    func notice(_ identity: Identity) {
        let isNews = known.withLock { known in
            defer { known = identity }
            return known != identity
        }
        if isNews { changes.post(.identityChanged) }
    }

    private func attempt<Result>(_ body: (Writer) throws(StoreError) -> Result) throws(StoreError) -> Result {
        let (result, advanced) = try onOpenWriter { writer throws(StoreError) in
            let result = try writer.transaction { () throws(StoreError) in try body(writer) }
            return (result, writer.takeAdvancedScopes())
        }
        postAdvanced(advanced)
        return result
    }

    private func onOpenWriter<Result>(_ body: (Writer) throws(StoreError) -> Result) throws(StoreError) -> Result {
        do throws(StoreError) {
            try reopenIfSuspect()
            return try ReplicaStore.asStoreErrors {
                try pool.writeWithoutTransaction { _ in
                    guard let writer = writer.value else { throw StoreError.notAStore(path: path) }
                    return try body(writer)
                }
            }
        } catch {
            if error.isDiskFailure { isSuspect.store(true, ordering: .relaxed) }
            throw error
        }
    }

    /// Runs `body` on the writer as ``writing(isNewWork:_:)`` does, and then takes back all that it did.
    func rehearsing<Result>(_ body: (Writer) throws(StoreError) -> Result) throws(StoreError) -> Result {
        try lock.holding { () throws(StoreError) in
            try onOpenWriter { writer throws(StoreError) in
                try writer.rehearsal { () throws(StoreError) in try body(writer) }
            }
        }
    }

    /// Runs `body` on the writer's connection outside of any transaction, under the lock: for single look-ups.
    func onWriter<Result>(_ body: (Writer) throws(StoreError) -> Result) throws(StoreError) -> Result {
        try lock.holding { () throws(StoreError) in try onOpenWriter(body) }
    }

    /// Copies the store as it is now into another database; writers go on meanwhile.
    func backUp(into copy: DatabaseQueue) throws { try onConnections { try $0.pool.backup(to: copy) } }

    /// Runs `body` on a reader's snapshot; writers go on meanwhile.
    public func reading<Result>(_ body: (Database) throws -> Result) throws(StoreError) -> Result {
        try ReplicaStore.asStoreErrors { try onConnections { try $0.pool.read(body) } }
    }

    /// Runs `body` with the connections of now, which stay as they are for as long as it runs.
    private func onConnections<Result>(_ body: (Connections) throws -> Result) rethrows -> Result {
        let now = connections.withLock { $0 }
        defer { withExtendedLifetime(now) {} }
        return try body(now)
    }

    /// Runs `body` on a reader's snapshot, with what its connection has prepared.
    func readingTables<Result>(_ body: (ReaderTables, Database) throws -> Result) throws(StoreError) -> Result {
        try ReplicaStore.asStoreErrors {
            try onConnections { connections in
                try connections.pool.read { db in
                    let tables = try connections.readers.tables(of: db, schema, observer)
                    defer { tables.rest() }
                    return try body(tables, db)
                }
            }
        }
    }

    /// Reads records of one moment, and whatever else SQLite is asked for at that moment.
    public func readingRecords<Result>(
        _ body: (RecordReader, Database) throws -> Result
    ) throws(StoreError) -> Result {
        try readingTables { tables, db in try body(tables.records, db) }
    }

    static func asStoreErrors<Result>(_ body: () throws -> Result) throws(StoreError) -> Result {
        do { return try body() } catch let error as StoreError { throw error } catch let error as DatabaseError {
            throw .sqlite(code: error.extendedResultCode.rawValue, message: error.message ?? "no message")
        } catch {
            throw .sqlite(code: SQLITE_ERROR, message: "\(error)")
        }
    }
}

/// Holds the writer. It is touched under the store's lock alone, which lets one caller in at a time: that is what makes
/// the promise to the compiler true.
private final class WriterBox: @unchecked Sendable {
    var value: Writer?
}

extension Digesting {
    /// SHA-256 of the crypto library.
    public static let cryptoSHA256 = Digesting { bytes in
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return hash.finalize().withUnsafeBytes { digest in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return Digest256(words: (word(0), word(1), word(2), word(3)))
        }
    }
}
