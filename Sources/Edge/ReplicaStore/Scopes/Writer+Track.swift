import ByteCoding
import HybridTime
import Merging

/// Beginning and ending the account of a scope.
extension Writer {
    /// Keeps an account of a scope from now on. O(n) in the documents the first time.
    /// - Returns: its number in this store.
    @discardableResult
    func track(_ name: String, isOwn: Bool, isServed: Bool) throws(StoreError) -> Int64 {
        if let known = try scopes.tracked().first(where: { $0.name == name }) {
            try set(known, isOwn: known.isOwn || isOwn, isServed: known.isServed || isServed)
            return known.number
        }
        let insert = try lookup(
            """
            INSERT INTO scope(name, is_own, is_served, floor, digest)
            VALUES (?, ?, ?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'scope_feed'), 0), zeroblob(32))
            RETURNING n
            """)
        insert.bind(1, name)
        insert.bind(2, isOwn ? 1 : 0)
        insert.bind(3, isServed ? 1 : 0)
        _ = try insert.step()
        let number = insert.integer(0)
        insert.reset()
        try fill(number, name)
        try scopes.refresh()
        return number
    }

    private func set(_ scope: TrackedScope, isOwn: Bool, isServed: Bool) throws(StoreError) {
        guard isOwn != scope.isOwn || isServed != scope.isServed else { return }
        // Whoever reads its feed from now on begins with a snapshot: nothing was told while nobody was served.
        let update = try lookup(
            """
            UPDATE scope SET is_own = ?1, is_served = ?2, floor = CASE WHEN ?2 > is_served
                THEN coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'scope_feed'), 0) ELSE floor END
            WHERE n = ?3
            """)
        update.bind(1, isOwn ? 1 : 0)
        update.bind(2, isServed ? 1 : 0)
        update.bind(3, scope.number)
        try update.run()
        try scopes.refresh()
    }

    /// Finds the scope's documents: by the column that the set of scopes is shown in, and by the clock where this build does
    /// not know the kind.
    private func fill(_ number: Int64, _ name: String) throws(StoreError) {
        var members: [LocalID] = []
        for kind in schema.records {
            guard let field = kind.fields.first(where: { $0.tag == EngineRecords.scopes.tag }) else { continue }
            let select = try lookup(
                """
                SELECT id FROM "\(kind.name)" WHERE id = document
                AND EXISTS (SELECT 1 FROM json_each("\(field.name)") WHERE value = ?)
                """)
            select.bind(1, name)
            defer { select.reset() }
            while try select.step() { members.append(LocalID(raw: select.integer(0))) }
        }
        members += try unknownMembers(of: name)
        var sum = Digest256.zero
        let digest = try lookup("SELECT digest FROM document WHERE id = ?")
        for document in members {
            try scopes.table.move(document, from: [], to: [number])
            digest.bind(1, document.raw)
            defer { digest.reset() }
            if try digest.step(), !digest.isNull(0), let one = Digest256(digest.bytes(0)) { sum = sum &+ one }
        }
        try scopes.table.setSum(number, sum)
    }

    private func unknownMembers(of name: String) throws(StoreError) -> [LocalID] {
        let select = try lookup("SELECT id, clock, kind FROM unknown_record WHERE id = document")
        defer { select.reset() }
        var members: [LocalID] = []
        while try select.step() {
            let table = RecordTable(unknown: UInt32(truncatingIfNeeded: select.integer(2)), connection)
            if try folder.state(select, 1, table).scopes.contains(name) {
                members.append(LocalID(raw: select.integer(0)))
            }
        }
        return members
    }

    /// Makes these the scopes that this replica wants; none stands for everything. Documents that are in none of them are
    /// withdrawn when the hub has been asked.
    func subscribe(to names: [String]) throws(StoreError) {
        let wanted = Set(names)
        for name in names { try track(name, isOwn: true, isServed: false) }
        for scope in try scopes.tracked() where scope.isOwn && !wanted.contains(scope.name) {
            let update = try lookup("UPDATE scope SET is_own = 0 WHERE n = ?")
            update.bind(1, scope.number)
            try update.run()
        }
        try scopes.refresh()
        try lookup("DELETE FROM stray").run()
        guard !names.isEmpty else { return }
        let overwrite = try lookup(ScopeTable.overwriting)
        _ = try overwrite.step()
        overwrite.reset()
        try lookup(
            """
            INSERT INTO stray(document) SELECT id FROM document WHERE NOT EXISTS (
                SELECT 1 FROM document_scope m JOIN scope ON scope.n = m.scope
                WHERE m.document = document.id AND scope.is_own)
            """
        ).run()
    }
}
