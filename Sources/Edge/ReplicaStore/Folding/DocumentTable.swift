import ByteCoding
import HybridTime
import Merging

/// A document as the store folds into it.
struct FoldingDocument {
    let id: LocalID
    var kind: UInt32
    let salt: Salt
    var context: Context
    var stamp: Stamp
    var isNew: Bool
    var isChanged: Bool
    /// Whether its row has a digest, which a change makes void.
    var hasDigest = false
    /// It leaves this store with all of its records.
    var isGone = false

    mutating func cover(_ dot: Dot, _ stamp: Stamp) {
        context.include(dot)
        if self.stamp < stamp { self.stamp = stamp }
        isChanged = true
    }
}

/// The table `document`.
struct DocumentTable {
    private let origins: OriginNumbers
    private let select: Statement
    private let insert: Statement
    private let update: Statement
    private let delete: Statement
    private let void: Statement
    private let selectDigest: Statement
    private let selectSum: Statement
    private let updateSum: Statement

    init(_ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        select = Statement(
            connection, "SELECT kind, salt, stamp, context, digest IS NOT NULL FROM document WHERE id = ?")
        insert = Statement(
            connection, "INSERT INTO document(context, stamp, id, kind, salt) VALUES (?, ?, ?, ?, ?)")
        update = Statement(connection, "UPDATE document SET context = ?, stamp = ? WHERE id = ?")
        delete = Statement(connection, "DELETE FROM document WHERE id = ?")
        void = Statement(connection, "UPDATE document SET digest = NULL WHERE id = ?")
        selectDigest = Statement(connection, "SELECT digest FROM document WHERE id = ?")
        selectSum = Statement(connection, "SELECT value FROM meta WHERE key = '\(Meta.digestSumKey)'")
        updateSum = Statement(
            connection, "INSERT OR REPLACE INTO meta(key, value) VALUES ('\(Meta.digestSumKey)', ?)")
    }

    func load(_ id: LocalID) throws(StoreError) -> FoldingDocument? {
        select.bind(1, id.raw)
        defer { select.reset() }
        guard try select.step() else { return nil }
        let stamp = Stamp(select.integer(2))
        // The next stamp is one more, which must not overflow whatever a damaged file says.
        guard stamp >= .zero, stamp <= .greatest else { throw .damaged(place: "a document", reason: "its stamp") }
        return FoldingDocument(
            id: id, kind: UInt32(truncatingIfNeeded: select.integer(0)),
            salt: try DocumentTable.salt(select, 1), context: try readContext(select, 3),
            stamp: stamp, isNew: false, isChanged: false, hasDigest: select.integer(4) != 0)
    }

    func save(_ document: FoldingDocument) throws(StoreError) {
        let statement = document.isNew ? insert : update
        statement.bind(1, try contextBytes(document.context))
        statement.bind(2, document.stamp.milliseconds)
        statement.bind(3, document.id.raw)
        if document.isNew {
            statement.bind(4, Int64(document.kind))
            statement.bind(5, DocumentTable.bytes(document.salt))
        }
        try statement.run()
    }

    func remove(_ id: LocalID) throws(StoreError) {
        delete.bind(1, id.raw)
        try delete.run()
    }

    // MARK: Digests

    /// The sum of the digests that are kept with documents. Those that are void are not in it.
    func digestSum() throws(StoreError) -> Digest256 {
        defer { selectSum.reset() }
        guard try selectSum.step(), let sum = Digest256(selectSum.bytes(0)) else {
            throw .damaged(place: "the store's own description", reason: "the sum of digests is missing")
        }
        return sum
    }

    func setDigestSum(_ sum: Digest256) throws(StoreError) {
        updateSum.bind(1, sum.bytes)
        try updateSum.run()
    }

    /// Takes a document's digest out of its row.
    /// - Returns: the digest, to be taken out of the sum as well.
    func voidDigest(_ id: LocalID) throws(StoreError) -> Digest256 {
        selectDigest.bind(1, id.raw)
        defer { selectDigest.reset() }
        guard try selectDigest.step(), !selectDigest.isNull(0) else { return .zero }
        guard let digest = Digest256(selectDigest.bytes(0)) else {
            throw .damaged(place: "a document's digest", reason: "it is not 32 bytes")
        }
        selectDigest.reset()
        void.bind(1, id.raw)
        try void.run()
        return digest
    }

    func contextBytes(_ context: Context) throws(StoreError) -> [UInt8] {
        var out = ByteWriter(reserving: 16)
        for entry in context.entries {
            out.varint(UInt64(try origins.number(entry.origin)))
            out.varint(UInt64(entry.sequence))
        }
        return out.bytes
    }

    func readContext(_ statement: Statement, _ column: Int32) throws(StoreError) -> Context {
        let entries: Result<[Context.Entry], StoreError> = statement.withBytes(column) { bytes in
            Result { () throws(StoreError) in
                var entries: [Context.Entry] = []
                entries.reserveCapacity(2)
                var cursor = ClockCursor(bytes)
                while !cursor.isAtEnd {
                    guard let number = try? cursor.varint(), let sequence = try? cursor.varint() else {
                        throw .damaged(place: "a document's context", reason: "truncated")
                    }
                    let origin = try origins.id(Int64(truncatingIfNeeded: number))
                    entries.append(Context.Entry(origin, Sequence32(truncatingIfNeeded: sequence)))
                }
                return entries
            }
        }
        guard let context = Context(entries: try entries.get()) else {
            throw .damaged(place: "a document's context", reason: "origins out of order")
        }
        return context
    }

    /// The salt in a column.
    static func salt(_ statement: Statement, _ column: Int32) throws(StoreError) -> Salt {
        let salt: Salt? = statement.withBytes(column) { bytes in
            guard bytes.count == 16 else { return nil }
            return Salt(
                UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
        guard let salt else { throw .damaged(place: "a document's salt", reason: "it is not 16 bytes") }
        return salt
    }

    static func bytes(_ salt: Salt) -> [UInt8] {
        var out = ByteWriter(reserving: 16)
        out.fixed64(salt.high)
        out.fixed64(salt.low)
        return out.bytes
    }
}
