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
}

/// The table `document`.
struct DocumentTable {
    private let origins: OriginNumbers
    private let select: Statement
    private let insert: Statement
    private let update: Statement
    private let void: Statement
    private let selectDigest: Statement
    private let selectSum: Statement
    private let updateSum: Statement

    init(_ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        select = try Statement(
            connection, "SELECT kind, salt, stamp, context, digest IS NOT NULL FROM document WHERE id = ?")
        insert = try Statement(
            connection, "INSERT INTO document(context, stamp, id, kind, salt) VALUES (?, ?, ?, ?, ?)")
        update = try Statement(connection, "UPDATE document SET context = ?, stamp = ? WHERE id = ?")
        void = try Statement(connection, "UPDATE document SET digest = NULL WHERE id = ?")
        selectDigest = try Statement(connection, "SELECT digest FROM document WHERE id = ?")
        selectSum = try Statement(connection, "SELECT value FROM meta WHERE key = '\(Meta.digestSumKey)'")
        updateSum = try Statement(
            connection, "INSERT OR REPLACE INTO meta(key, value) VALUES ('\(Meta.digestSumKey)', ?)")
    }

    func load(_ id: LocalID) throws(StoreError) -> FoldingDocument? {
        select.bind(1, id.raw)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return FoldingDocument(
            id: id, kind: UInt32(truncatingIfNeeded: select.integer(0)),
            salt: try DocumentTable.salt(select.bytes(1)), context: try readContext(select, 3),
            stamp: Stamp(select.integer(2)), isNew: false, isChanged: false, hasDigest: select.integer(4) != 0)
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
        var pairs: [(Int64, Sequence32)] = []
        let complete = statement.withBytes(column) { bytes in
            var cursor = ClockCursor(bytes)
            while let number = try? cursor.varint(), let sequence = try? cursor.varint() {
                pairs.append((Int64(truncatingIfNeeded: number), Sequence32(truncatingIfNeeded: sequence)))
            }
            return cursor.rest().isEmpty
        }
        guard complete else { throw .damaged(place: "a document's context", reason: "truncated") }
        if pairs.count == 1 { return Context(Dot(try origins.id(pairs[0].0), pairs[0].1)) }
        var context = Context()
        for (number, sequence) in pairs { context.include(Dot(try origins.id(number), sequence)) }
        return context
    }

    static func salt(_ bytes: [UInt8]) throws(StoreError) -> Salt {
        var reader = ByteReader(bytes)
        guard let high = try? reader.fixed64(), let low = try? reader.fixed64() else {
            throw .damaged(place: "a document's salt", reason: "truncated")
        }
        return Salt(high, low)
    }

    static func bytes(_ salt: Salt) -> [UInt8] {
        var out = ByteWriter(reserving: 16)
        out.fixed64(salt.high)
        out.fixed64(salt.low)
        return out.bytes
    }
}
