import ByteCoding
import ChangeSets
import GRDB
import HybridTime
import Merging

extension ReplicaStore {
    /// The digest of all that is merged here: equal at replicas that hold the same state, whatever their builds, the
    /// order of arrival and the numbers that they gave to origins.
    ///
    /// It is the sum of the documents' digests, which are kept with the documents; a commit only marks them stale. O(n)
    /// in the documents, and in the records of those that changed since it was last asked for.
    public func digest() throws(StoreError) -> Digest256 {
        while try writing({ writer throws(StoreError) in try writer.refreshDigests(limit: 512) }) {}
        return try reading { db in
            var sum = Digest256.zero
            let rows = try Row.fetchCursor(db, sql: "SELECT digest FROM document")
            while let row = try rows.next() {
                // A commit between the two steps leaves some stale: they are computed, not kept.
                guard let bytes: [UInt8] = [UInt8](blob: row[0]), let digest = Digest256(bytes) else { continue }
                sum = sum &+ digest
            }
            let reader = try StateReader(db, schema)
            for id in try Int64.fetchAll(db, sql: "SELECT id FROM document WHERE digest IS NULL") {
                guard let state = try reader.documents(after: id - 1, limit: 1).states.first else { continue }
                sum = sum &+ state.digest(.cryptoSHA256)
            }
            return sum
        }
    }
}

extension Writer {
    /// Computes digests that are stale.
    /// - Returns: whether there may be more.
    func refreshDigests(limit: Int) throws(StoreError) -> Bool {
        let stale = try lookup("SELECT id FROM document WHERE digest IS NULL ORDER BY id LIMIT ?")
        stale.bind(1, Int64(limit))
        defer { stale.reset() }
        var ids: [Int64] = []
        while try stale.step() { ids.append(stale.integer(0)) }
        stale.reset()
        guard let first = ids.first else { return false }
        let reader = try StateReader(connection, schema)
        let update = try lookup("UPDATE document SET digest = ? WHERE id = ?")
        var after = first - 1
        for id in ids {
            after = id - 1
            guard let state = try reader.documents(after: after, limit: 1).states.first else { continue }
            update.bind(1, state.digest(.cryptoSHA256).bytes)
            update.bind(2, id)
            try update.run()
        }
        return ids.count == limit
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
