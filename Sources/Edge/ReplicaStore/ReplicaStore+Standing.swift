import GRDB
import HybridTime
import SyncProtocol

extension ReplicaStore {
    /// How far this replica's own change sets have come, as counts.
    public struct DurabilityCounts: Hashable, Sendable {
        /// Fsynced here.
        public let saved: UInt64
        /// Fsynced at the hub that was met last.
        public let atHub: UInt64
        public let atHQ: UInt64
    }

    public func durability() throws(StoreError) -> DurabilityCounts {
        try syncing { state, journal throws(StoreError) in
            let saved = try journal.ownHead(identity.replica).sequence
            let lineage = try state.lineage()
            let memory = try state.memory(lineage, scopes: [], own: identity.replica)
            return DurabilityCounts(
                saved: UInt64(saved), atHub: UInt64(memory.receiptedAtHub), atHQ: UInt64(memory.receiptedAtHQ))
        }
    }

    public func documentCount() throws(StoreError) -> Int {
        try reading { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM document") ?? 0 }
    }

    /// A local setting: never replicated.
    public func setting(_ key: String) throws(StoreError) -> String? {
        try reading { db in
            try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: ["setting:\(key)"])
        }
    }

    public func set(_ key: String, to value: String) throws(StoreError) {
        try writing { writer throws(StoreError) in
            let statement = try writer.lookup("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)")
            statement.bind(1, "setting:\(key)")
            statement.bind(2, value)
            try statement.run()
        }
    }
}
