import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging

extension ReplicaStore {
    /// Every change set in this journal that touched a document, by (stamp, dot): along causality, the oldest first.
    ///
    /// Goes by an index from documents to segments that is brought up to date here and not when segments come in. This
    /// replica's own change sets that are not packed yet are few, and looked through one by one.
    public func history(of document: RecordName) throws(StoreError) -> [ChangeSet] {
        try indexHistory()
        return try reading { db in try HistoryReader(db).changeSets(of: document, own: identity.replica) }
    }

    /// One change set of the journal; nil where it is not held.
    public func changeSet(_ dot: Dot) throws(StoreError) -> ChangeSet? {
        guard let (range, bytes) = try segment(dot.origin, dot.sequence...dot.sequence), range.contains(dot.sequence)
        else { return nil }
        return try HistoryReader.decode(bytes).first { $0.dot == dot }
    }

    /// Every change set of the journal, segment by segment: reads and decodes all of it.
    public func eachChangeSet(_ body: (ChangeSet) throws -> Void) throws(StoreError) {
        try reading { db in try HistoryReader(db).each(own: identity.replica, body) }
    }

    /// Notes which documents the segments that came since the last time touch, a few segments a transaction.
    private func indexHistory() throws(StoreError) {
        while true {
            let batch = try reading { db in try HistoryReader(db).unindexed(limit: 32) }
            guard !batch.isEmpty else { return }
            try writing { writer throws(StoreError) in try writer.index(batch) }
        }
    }
}

/// A segment's number in this store, and the documents that its change sets are of.
struct SegmentContent {
    let number: Int64
    let documents: Set<RecordName>
}

extension Writer {
    func index(_ segments: [SegmentContent]) throws(StoreError) {
        // Derived from the journal and made when it is first asked for, so no part of the store's format.
        try lookup(
            """
            CREATE TABLE IF NOT EXISTS document_segment(
                document INTEGER NOT NULL, segment INTEGER NOT NULL, PRIMARY KEY (document, segment)
            ) STRICT, WITHOUT ROWID
            """
        ).run()
        let insert = try lookup("INSERT OR IGNORE INTO document_segment(document, segment) VALUES (?, ?)")
        let mark = try lookup(
            """
            INSERT INTO meta(key, value) VALUES ('\(HistoryReader.mark)', ?)
            ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)
            """)
        for segment in segments {
            for document in segment.documents.sorted() {
                insert.bind(1, try origins.localID(document).raw)
                insert.bind(2, segment.number)
                try insert.run()
            }
            mark.bind(1, segment.number)
            try mark.run()
        }
    }
}

/// Reads change sets back out of the journal, on a reader's connection.
struct HistoryReader {
    static let mark = "history-indexed-to"

    private let db: Database
    private let journal: Journal
    private let origins: OriginNumbers

    init(_ db: Database) throws {
        guard let connection = db.sqliteConnection else {
            throw StoreError.damaged(place: "the connection", reason: "it is closed")
        }
        self.db = db
        origins = try OriginNumbers(connection)
        journal = try Journal(connection, origins)
    }

    static func decode(_ bytes: [UInt8]) throws(StoreError) -> [ChangeSet] {
        do throws(DecodingFailure) { return try SegmentCodec().decode(bytes[...]).changeSets } catch {
            throw .damaged("a segment of the journal", error)
        }
    }

    /// The first segments that the index does not know yet.
    func unindexed(limit: Int) throws -> [SegmentContent] {
        let known = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [Self.mark]) ?? 0
        let rows = try Row.fetchCursor(
            db, sql: "SELECT n, bytes FROM segment WHERE n > ? ORDER BY n LIMIT ?", arguments: [known, limit])
        var contents: [SegmentContent] = []
        while let row = try rows.next() {
            let sets = try Self.decode(Array(row[1] as Data))
            contents.append(SegmentContent(number: row[0], documents: Set(sets.map(\.document))))
        }
        return contents
    }

    func changeSets(of document: RecordName, own: ReplicaID) throws -> [ChangeSet] {
        guard let id = try origins.knownID(document) else { return [] }
        var found: [Dot: ChangeSet] = [:]
        let isIndexed = try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'document_segment')")
        if isIndexed == true {
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT segment.bytes FROM document_segment JOIN segment ON segment.n = document_segment.segment
                    WHERE document_segment.document = ?
                    """, arguments: [id.raw])
            while let row = try rows.next() {
                for set in try Self.decode(Array(row[0] as Data)) where set.document == document {
                    found[set.dot] = set
                }
            }
        }
        try eachOfTail(own) { set in
            if set.document == document { found[set.dot] = set }
        }
        return found.values.sorted { ($0.stamp, $0.dot) < ($1.stamp, $1.dot) }
    }

    func each(own: ReplicaID, _ body: (ChangeSet) throws -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT bytes FROM segment ORDER BY n")
        while let row = try rows.next() {
            for set in try Self.decode(Array(row[0] as Data)) { try body(set) }
        }
        try eachOfTail(own, body)
    }

    private func eachOfTail(_ own: ReplicaID, _ body: (ChangeSet) throws -> Void) throws {
        let limit = ChangeSetLimits.segmentChangeSetsMax
        var from: Sequence32 = 1
        while true {
            let sets = try journal.tail(from: from, limit: limit)
            for set in sets { try body(set) }
            guard sets.count == limit, let last = sets.last else { return }
            from = last.dot.sequence + 1
        }
    }
}
