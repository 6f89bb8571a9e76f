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
        /// Work done here under names that this store had before, and not known to be at the hub that was met last.
        public let earlierNotAtHub: UInt64
        /// The same for headquarters.
        public let earlierNotAtHQ: UInt64
    }

    public func durability() throws(StoreError) -> DurabilityCounts {
        try syncing { state, journal throws(StoreError) in
            let saved = try journal.ownHead().sequence
            let lineage = try state.lineage()
            let memory = try state.memory(lineage, scopes: [], own: try journal.own())
            var earlier = (atHub: 0, atHQ: 0)
            for name in try journal.formers() {
                let held = try journal.held(name)
                let receipted = try lineage.map { lineage throws(StoreError) in try state.receipted(lineage, name) }
                let reached = try state.reachedHQ(name)
                earlier.atHub += held.subtracting(receipted ?? SequenceRanges()).subtracting(reached).total
                earlier.atHQ += held.subtracting(reached).total
            }
            return DurabilityCounts(
                saved: UInt64(saved), atHub: UInt64(memory.receiptedAtHub), atHQ: UInt64(memory.receiptedAtHQ),
                earlierNotAtHub: UInt64(earlier.atHub), earlierNotAtHQ: UInt64(earlier.atHQ))
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
