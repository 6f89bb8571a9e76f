import HybridTime
import Merging

extension ReplicaStore {
    /// What a rebuild came to.
    public struct Rebuilding: Hashable, Sendable {
        public var documents = 0
        /// Made again from the journal, because they said something else.
        public var remade = 0
        /// The journal here is too short for them: the next sync brings their state.
        public var wanted = 0
        /// Rows without a document, which were removed.
        public var astray = 0
    }

    /// Makes every document again from the journal, some at a time in a transaction each, and all digests with them. What
    /// the journal does not reach back to is wanted from the hub. O(n) in everything.
    /// - Parameter progress: told the number of documents that are done, and of all.
    public func rebuild(progress: (Int, Int) -> Void = { _, _ in }) throws(StoreError) -> Rebuilding {
        let total = try documentCount()
        var result = Rebuilding()
        result.astray = try writing { writer throws(StoreError) in try writer.removeStrays() }
        var after: Int64? = 0
        while let from = after {
            after = try writing { writer throws(StoreError) in
                let ids = try writer.documents(after: from, limit: 256)
                for id in ids {
                    result.documents += 1
                    switch try writer.remake(try writer.origins.name(id), reason: "the store was rebuilt") {
                    case .same: break
                    case .remade: result.remade += 1
                    case .wanted: result.wanted += 1
                    }
                }
                return ids.last?.raw
            }
            progress(result.documents, total)
        }
        try recomputeDigests()
        changes.post(.applied)
        return result
    }
}

extension Writer {
    func documents(after: Int64, limit: Int) throws(StoreError) -> [LocalID] {
        let select = try lookup("SELECT id FROM document WHERE id > ? ORDER BY id LIMIT ?")
        select.bind(1, after)
        select.bind(2, Int64(limit))
        defer { select.reset() }
        var ids: [LocalID] = []
        while try select.step() { ids.append(LocalID(raw: select.integer(0))) }
        return ids
    }

    /// Removes rows whose document is not here: nothing that merges leaves any.
    func removeStrays() throws(StoreError) -> Int {
        var count = 0
        for kind in schema.records {
            let delete = try lookup(
                """
                DELETE FROM "\(kind.name)" WHERE NOT EXISTS
                    (SELECT 1 FROM document WHERE document.id = "\(kind.name)".document) RETURNING 1
                """)
            defer { delete.reset() }
            while try delete.step() { count += 1 }
        }
        return count
    }
}
