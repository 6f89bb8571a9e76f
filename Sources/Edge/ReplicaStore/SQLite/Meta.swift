import Foundation
import GRDB
import HybridTime
import Merging

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The table `meta`: what this store is.
enum Meta {
    /// The kinds and fields that the rows are laid out for.
    static let schemaKey = "schema"
    /// The ``Tables/revision`` that last looked at the quarantine.
    static let revisionKey = "revision"
    /// The feed's position before which nobody may go on without a snapshot.
    static let feedFloorKey = "feed_floor"
    /// The feed's position up to which entries were taken out, because names changed: they are told again after it.
    static let feedToldAgainKey = "feed_told_again"
    /// The feed's end when names last changed in the journal: sessions of before get nothing under the new ones.
    static let feedRenamedKey = "feed_renamed"
    /// Whether state came in that the feed does not tell of yet.
    static let feedBehindKey = "feed_behind"
    /// The sum of the digests that are kept with documents.
    static let digestSumKey = "digest_sum"

    /// The life of headquarters that the table `at_hq` speaks of: (hub, epoch).
    static let headquartersKey = "headquarters_hub"
    static let headquartersEpochKey = "headquarters_epoch"
    /// Where the store lay when it was last opened (``Place``).
    static let placeKey = "place"
    /// Not 0 in the file of a backup.
    static let backupKey = "backup"
    /// Why the store last took a new name.
    static let noteKey = "identity_note"
    /// Grows with what is known of forks; 0 where none is.
    static let forksKey = "forks"
    /// The names that this store had before, eight bytes each.
    static let formersKey = "former_names"

    static func tags(_ db: Database) throws -> SchemaTags? {
        try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [schemaKey]).flatMap(
            SchemaTags.init)
    }

    static func revision(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [revisionKey]) ?? 0
    }

    static func write(_ identity: Identity, isHub: Bool, _ schema: Schema, _ db: Database) throws {
        let values: [(String, any DatabaseValueConvertible)] = [
            ("format", Tables.format),
            ("replica", Int64(bitPattern: identity.replica.bits)),
            ("organisation", identity.organisation.databaseBlob),
            ("name", identity.name),
            ("epoch", Int64(identity.epoch)),
            ("hub", isHub),
            (schemaKey, SchemaTags(schema).text),
            (revisionKey, Tables.revision),
        ]
        for (key, value) in values {
            try db.execute(sql: "INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", arguments: [key, value])
        }
    }

    static func read(_ db: Database, path: String) throws -> (identity: Identity, isHub: Bool) {
        guard try db.tableExists("meta") else { throw StoreError.notAStore(path: path) }
        func value(_ key: String) throws -> DatabaseValue {
            try DatabaseValue.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key]) ?? .null
        }
        let format = Int.fromDatabaseValue(try value("format")) ?? 0
        guard format <= Tables.format else { throw StoreError.newerFormat(found: format) }
        guard let replica = Int64.fromDatabaseValue(try value("replica")),
            let organisation = [UInt8](blob: try value("organisation")),
            let name = String.fromDatabaseValue(try value("name")),
            let epoch = UInt32.fromDatabaseValue(try value("epoch")),
            let isHub = Bool.fromDatabaseValue(try value("hub"))
        else { throw StoreError.damaged(place: "the store's own description", reason: "a value is missing") }
        let identity = Identity(
            replica: ReplicaID(UInt64(bitPattern: replica)), organisation: organisation, name: name, epoch: epoch)
        return (identity, isHub)
    }
}

extension [UInt8] {
    var databaseBlob: DatabaseValue { Data(self).databaseValue }

    init?(blob value: DatabaseValue) {
        guard case .blob(let data) = value.storage else { return nil }
        self = Array(data)
    }
}

func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }
