import ByteCoding
import ChangeSets
import HybridTime
import Merging

extension ReplicaStore {
    /// Every change set in this journal that touched a document, by (stamp, dot): along causality, the oldest first.
    ///
    /// Goes by an index from documents to segments that is brought up to date here and not when segments come in. This
    /// replica's own change sets that are not packed yet are few, and looked through one by one.
    public func history(of document: RecordName) throws(StoreError) -> [ChangeSet] {
        try indexHistory()
        return try readingTables { tables, _ in try HistoryReader(tables).changeSets(of: document) }
    }

    /// One change set of the journal; nil where it is not held.
    public func changeSet(_ dot: Dot) throws(StoreError) -> ChangeSet? {
        try readingTables { tables, _ in
            guard let (range, bytes) = try JournalReader(tables).segment(dot.origin, dot.sequence...dot.sequence),
                range.contains(dot.sequence)
            else { return nil }
            return try HistoryReader(tables).decode(bytes, dot.origin, range.lowerBound).first { $0.dot == dot }
        }
    }

    /// Every change set of the journal, segment by segment: reads and decodes all of it.
    public func eachChangeSet(_ body: (ChangeSet) throws -> Void) throws(StoreError) {
        try readingTables { tables, _ in try HistoryReader(tables).each(body) }
    }

    /// Notes which documents the segments that came since the last time touch, a few segments a transaction.
    private func indexHistory() throws(StoreError) {
        while true {
            let batch = try readingTables { tables, _ in try HistoryReader(tables).unindexed(limit: 32) }
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

/// Reads change sets back out of the journal, on any connection.
struct HistoryReader {
    static let mark = "history-indexed-to"

    private let connection: OpaquePointer
    private let journal: Journal
    private let origins: OriginNumbers
    private let decoded: DecodedSegments

    init(_ tables: ReaderTables) { self.init(tables.connection, tables.journal, tables.origins) }

    init(
        _ connection: OpaquePointer, _ journal: Journal, _ origins: OriginNumbers,
        _ decoded: DecodedSegments = DecodedSegments()
    ) {
        self.decoded = decoded
        self.connection = connection
        self.journal = journal
        self.origins = origins
    }

    /// A run of a name's change sets, as they are called here.
    func decode(_ bytes: [UInt8], _ name: ReplicaID, _ first: Sequence32) throws(StoreError) -> [ChangeSet] {
        let segment: Segment
        do throws(DecodingFailure) { segment = try SegmentCodec().decode(bytes[...]) } catch {
            throw .damaged("a segment of the journal", error)
        }
        guard segment.first >= first else {
            throw .damaged(place: "a segment of the journal", reason: "it is not the run that its row names")
        }
        return try journal.names.sets(segment, as: name, from: first)
    }

    /// The same of a row that has the origin, the first sequence and the bytes from a column on.
    private func decode(_ rows: Statement, _ column: Int32) throws(StoreError) -> [ChangeSet] {
        try decode(
            rows.bytes(column + 2), try origins.id(rows.integer(column)),
            Sequence32(truncatingIfNeeded: rows.integer(column + 1)))
    }

    /// The first segments that the index does not know yet.
    func unindexed(limit: Int) throws(StoreError) -> [SegmentContent] {
        let rows = Statement(
            connection,
            """
            SELECT n, origin, first, bytes FROM segment WHERE n > coalesce((SELECT value FROM meta WHERE key = '\(Self.mark)'), 0)
            ORDER BY n LIMIT ?
            """)
        rows.bind(1, Int64(limit))
        var contents: [SegmentContent] = []
        while try rows.step() {
            let sets = try decode(rows, 1)
            contents.append(SegmentContent(number: rows.integer(0), documents: Set(sets.map(\.document))))
        }
        return contents
    }

    func changeSets(of document: RecordName) throws(StoreError) -> [ChangeSet] {
        guard let id = try origins.knownID(document) else { return [] }
        var found: [Dot: ChangeSet] = [:]
        let index = Statement(connection, "SELECT 1 FROM sqlite_schema WHERE name = 'document_segment'")
        if try index.step() {
            let rows = Statement(
                connection,
                """
                SELECT segment.n, segment.origin, segment.first, segment.bytes
                FROM document_segment JOIN segment ON segment.n = document_segment.segment
                WHERE document_segment.document = ?
                """)
            rows.bind(1, id.raw)
            while try rows.step() {
                let number = rows.integer(0)
                let sets = try decoded.sets(number) { () throws(StoreError) in try decode(rows, 1) }
                for set in sets where set.document == document { found[set.dot] = set }
            }
        }
        for set in try tail() where set.document == document { found[set.dot] = set }
        return found.values.sorted { ($0.stamp, $0.dot) < ($1.stamp, $1.dot) }
    }

    func each(_ body: (ChangeSet) throws -> Void) throws {
        let rows = Statement(connection, "SELECT origin, first, bytes FROM segment ORDER BY n")
        while try rows.step() {
            for set in try decode(rows, 0) { try body(set) }
        }
        for set in try tail() { try body(set) }
    }

    /// This replica's newest change sets, which are no segment yet: few.
    private func tail() throws(StoreError) -> [ChangeSet] {
        let limit = ChangeSetLimits.segmentChangeSetsMax
        var all: [ChangeSet] = []
        var from: Sequence32 = 1
        while true {
            let sets = try journal.tail(from: from, limit: limit)
            if let own = sets.first?.dot.origin {
                try journal.names.refresh()
                all += journal.names.named(sets, as: own, after: 0)
            }
            guard sets.count == limit, let last = sets.last else { return all }
            from = last.dot.sequence + 1
        }
    }
}

/// The segments decoded last: documents that are looked through one after the other mostly stand in the same ones.
final class DecodedSegments {
    private static let segmentsMax = 16
    private var sets: [Int64: [ChangeSet]] = [:]
    private var order: [Int64] = []

    func sets(_ number: Int64, _ decode: () throws(StoreError) -> [ChangeSet]) throws(StoreError) -> [ChangeSet] {
        if let known = sets[number] { return known }
        let made = try decode()
        if order.count == Self.segmentsMax { sets[order.removeFirst()] = nil }
        sets[number] = made
        order.append(number)
        return made
    }

    func removeAll() {
        sets.removeAll()
        order.removeAll()
    }
}
