import ByteCoding
import ChangeSets
import GRDB
import GRDBSQLite
import HybridTime
import Merging

/// Everything that writes: one object on the writer connection, used inside of ``ReplicaStore/writing(_:)`` alone.
final class Writer {
    let connection: OpaquePointer
    let schema: Schema
    let origins: OriginNumbers
    let folder: Folder
    let journal: Journal
    let waiting: WaitingTable
    let sync: SyncState
    let scopes: WriterScopes
    let codec = SegmentCodec()
    let reader: RecordReader
    let observer: (any MergeObserver)?
    var chain: HashChain
    /// Who this replica is in the transaction that runs; read anew at its start, for another process may have changed it.
    private(set) var identity: Identity
    /// Whether what becomes covered here enters the feed.
    let isHub: Bool
    /// Kept free for what has to be written when the disk is full; new work waits until it stands.
    let reserve: DiskReserve?
    /// Origins whose chain waits for the salt of a document that is not here. Kept in memory alone: after a restart the
    /// origin's next segment carries the chain on.
    var stalledChains: [RecordName: Set<ReplicaID>] = [:]
    /// Documents that the transaction which runs has to make again, because a verdict came or state met one.
    var judged: Set<RecordName> = []
    /// States that the transaction which runs has to join, because an administrator adopted them.
    var adopted: [DocumentState] = []
    /// What records that were folded in the transaction which runs say of forks.
    var heard: Set<ForkFact> = []
    /// Documents that state was joined into which tells of names that have ended.
    var renamed: Set<RecordName> = []
    /// Whether the transaction that runs is one of many that fill the store: the write-ahead log may grow longer then.
    var isFilling = false
    private var foldsRarely = false
    private let pageBytes: Int
    /// The scopes whose feeds grew by what was committed, until somebody is told.
    private var advancedScopes = Set<String>()
    /// The journal's segments as histories need them.
    let decodedSegments = DecodedSegments()
    private var lookups: [String: Statement] = [:]
    private let selectReplica: Statement
    private let begin: Statement
    private let commit: Statement
    private let rollback: Statement

    init(
        _ connection: OpaquePointer, _ schema: Schema, _ digesting: Digesting, _ identity: Identity,
        isHub: Bool, _ observer: (any MergeObserver)?, _ reserve: DiskReserve? = nil
    ) throws(StoreError) {
        self.connection = connection
        self.reserve = reserve
        self.schema = schema
        self.identity = identity
        self.isHub = isHub
        origins = try OriginNumbers(connection)
        folder = try Folder(schema, connection, origins)
        journal = try Journal(connection, origins)
        waiting = try WaitingTable(connection, origins)
        sync = try SyncState(connection, origins)
        scopes = WriterScopes(ScopeTable(connection), ScopeFeed(connection, origins))
        reader = RecordReader(connection, origins, folder.documents, folder.tables)
        self.observer = observer
        journal.names.observer = observer
        folder.reportsTouched = observer != nil
        let waiting = waiting
        folder.isVoided = { dot throws(StoreError) in try waiting.isVoided(dot) }
        chain = HashChain(digesting)
        selectReplica = Statement(connection, "SELECT value FROM meta WHERE key = 'replica'")
        begin = Statement(connection, "BEGIN IMMEDIATE")
        commit = Statement(connection, "COMMIT")
        let pageSize = Statement(connection, "PRAGMA page_size")
        pageBytes = try pageSize.step() ? Int(pageSize.integer(0)) : Tables.pageBytes(isHub: isHub)
        pageSize.reset()
        rollback = Statement(connection, "ROLLBACK")
    }

    /// Writes what was folded, and lets the observer look at it.
    /// - Parameter isLocal: whether all of it was committed here, and nothing received.
    func flush(isLocal: Bool = false) throws(StoreError) {
        try settleScopes()
        let touched = try folder.flush(isLocal: isLocal)
        guard let observer, !touched.isEmpty else { return }
        try observer.merged(touched, in: StoreTransaction(self, salts: Salt.random))
    }

    /// The scopes whose feeds grew since this was last asked for.
    func takeAdvancedScopes() -> Set<String> {
        defer { advancedScopes.removeAll() }
        return advancedScopes
    }

    private func forgetNotes() {
        isFilling = false
        judged = []
        adopted = []
        heard = []
        renamed = []
        decodedSegments.removeAll()
    }

    /// A look-up's statement, prepared once.
    func lookup(_ sql: String) throws(StoreError) -> Statement {
        if let known = lookups[sql] { return known }
        let statement = Statement(connection, sql)
        lookups[sql] = statement
        return statement
    }

    /// Runs `body` in one transaction and takes back all that it did.
    func rehearsal<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        try begin.run()
        let before = identity
        defer {
            if sqlite3_get_autocommit(connection) == 0 { try? rollback.run() }
            identity = before
            origins.rolledBack()
            journal.rolledBack()
            scopes.rolledBack()
            folder.reset()
            forgetNotes()
        }
        try refreshIdentity()
        return try body()
    }

    /// Runs `body` in one transaction. Whatever it throws takes back everything that it did.
    func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        try begin.run()
        let before = identity
        do throws(StoreError) {
            try refreshIdentity()
            if isHub { journal.keepsWholeFeed = try scopes.own() == nil }
            let result = try body()
            setCheckpointing()
            try commit.run()
            origins.committed()
            journal.committed()
            advancedScopes.formUnion(scopes.committed())
            folder.reset()
            decodedSegments.removeAll()
            return result
        } catch {
            // A full disk or a failed write may have rolled back already.
            if sqlite3_get_autocommit(connection) == 0 { try? rollback.run() }
            identity = before
            origins.rolledBack()
            journal.rolledBack()
            scopes.rolledBack()
            folder.reset()
            forgetNotes()
            throw error
        }
    }

    /// The commit that comes folds the log into the database where it has grown long.
    private func setCheckpointing() {
        defer { isFilling = false }
        guard isFilling != foldsRarely else { return }
        foldsRarely = isFilling
        let bytes = isFilling ? Tables.fillingCheckpointBytes : Tables.checkpointBytes
        sqlite3_wal_autocheckpoint(connection, Int32(bytes / pageBytes))
    }

    /// Takes over who this replica is now. One look-up: nothing may be written under a name that is gone.
    func refreshIdentity() throws(StoreError) {
        defer { selectReplica.reset() }
        guard try selectReplica.step() else {
            throw .damaged(place: "the store's own description", reason: "a value is missing")
        }
        if UInt64(bitPattern: selectReplica.integer(0)) != identity.replica.bits {
            identity = try journal.identity(of: identity)
        }
    }

    /// Makes `new` who this replica is, once the transaction is committed.
    func become(_ new: Identity) throws(StoreError) {
        try journal.set("replica", Int64(bitPattern: new.replica.bits))
        try journal.set("epoch", Int64(new.epoch))
        identity = new
    }
}
