import ByteCoding
import ChangeSets
import GRDB
import HybridTime
import Merging

extension ReplicaStore {
    /// The digest of all that is merged here: equal at replicas that hold the same state, whatever their builds, the
    /// order of arrival and the numbers that they gave to origins.
    ///
    /// It is the sum of the documents' digests. That sum is kept; a commit only takes out of it what it makes void. So
    /// this is O(n) in the documents that changed since it was last asked for.
    public func digest() throws(StoreError) -> Digest256 {
        while true {
            let sum = try writing { writer throws(StoreError) -> Digest256? in
                if try writer.refreshDigests(limit: 512) { return nil }
                return try writer.folder.documents.digestSum()
            }
            if let sum { return sum }
        }
    }

    /// Computes every document's digest anew, whatever is kept: rows may have changed under them.
    public func recomputeDigests() throws(StoreError) {
        try writing { writer throws(StoreError) in
            try writer.voidAllDigests()
        }
        _ = try digest()
    }
}

extension Writer {
    /// Has every digest computed anew when it is next asked for.
    func voidAllDigests() throws(StoreError) {
        try lookup("UPDATE document SET digest = NULL").run()
        try lookup("UPDATE scope SET digest = zeroblob(32)").run()
        try folder.documents.setDigestSum(.zero)
    }

    /// Computes digests that are void.
    /// - Returns: whether there may be more.
    func refreshDigests(limit: Int) throws(StoreError) -> Bool {
        let ids = try voidDigests(limit: limit)
        guard let first = ids.first else { return false }
        let reader = try StateReader(self)
        var states: [DocumentState] = []
        // Documents that lie close together are read in one go.
        if ids.count >= limit / 8 {
            states = try reader.documents(after: first.raw - 1, limit: limit).states
        } else {
            for id in ids { if let state = try reader.document(try origins.name(id)) { states.append(state) } }
        }
        let void = Set(ids)
        let update = try lookup("UPDATE document SET digest = ? WHERE id = ?")
        var sum = try folder.documents.digestSum()
        let isScoped = try !scopes.tracked().isEmpty
        var scopeSums: [Int64: Digest256] = [:]
        for state in states {
            guard let id = try origins.knownID(state.name), void.contains(id) else { continue }
            let digest = state.digest(.cryptoSHA256)
            sum = sum &+ digest
            update.bind(1, digest.bytes)
            update.bind(2, id.raw)
            try update.run()
            guard isScoped else { continue }
            for scope in try scopes.table.scopes(of: id) { scopeSums[scope] = (scopeSums[scope] ?? .zero) &+ digest }
        }
        for (scope, more) in scopeSums {
            try scopes.table.setSum(scope, try scopes.table.sum(scope) &+ more)
        }
        try folder.documents.setDigestSum(sum)
        return ids.count == limit || states.count == limit
    }

    private func voidDigests(limit: Int) throws(StoreError) -> [LocalID] {
        let select = try lookup("SELECT id FROM document WHERE digest IS NULL ORDER BY id LIMIT ?")
        select.bind(1, Int64(limit))
        defer { select.reset() }
        var ids: [LocalID] = []
        while try select.step() { ids.append(LocalID(raw: select.integer(0))) }
        return ids
    }
}

extension DocumentState {
    /// The sum of the hashes of its records and of its own description.
    public func digest(_ digesting: Digesting) -> Digest256 {
        var out = ByteWriter(reserving: 256)
        out.text("document")
        out.name(name)
        out.varint(UInt64(kind))
        out.count(context.entries.count)
        for entry in context.entries {
            out.fixed64(entry.origin.bits)
            out.varint(UInt64(entry.sequence))
        }
        out.varint(UInt64(bitPattern: greatest.milliseconds))
        var sum = digesting(out.bytes)
        for (name, record) in records {
            out.removeAll()
            out.text("record")
            out.name(self.name)
            out.name(name)
            record.write(to: &out)
            sum = sum &+ digesting(out.bytes)
        }
        return sum
    }
}

extension RecordState {
    /// The cells ascending by tag, siblings ascending by dot and value.
    fileprivate func write(to out: inout ByteWriter) {
        out.varint(UInt64(kind))
        out.count(cells.count)
        for cell in cells {
            out.varint(UInt64(cell.tag.raw))
            let siblings = cell.siblings.sorted {
                $0.dot != $1.dot ? $0.dot < $1.dot : Value.precedes($0.value ?? .null, $1.value ?? .null)
            }
            out.count(siblings.count)
            for sibling in siblings {
                out.fixed64(sibling.dot.origin.bits)
                out.varint(UInt64(sibling.dot.sequence))
                out.varint(UInt64(sibling.stamp.milliseconds))
                StoredValue.write(sibling.value ?? .null, to: &out)
            }
        }
    }
}

extension ByteWriter {
    fileprivate mutating func name(_ name: RecordName) {
        fixed64(name.origin.bits)
        varint(UInt64(name.sequence))
        varint(UInt64(name.ordinal))
    }
}
