import ByteCoding
import ChangeSets
import HybridTime
import Merging
import SyncProtocol

/// Reads a scope's feed on a reader's snapshot. What became of a document is told as it stands in that moment.
struct ScopeFeedReader {
    private let tables: ReaderTables
    private let journal: JournalReader
    private let scope: (name: ScopeName, number: Int64)
    /// All scopes of the reader.
    private let within: [ScopeName]
    private let bytesMax: Int
    private var items: [FeedItem] = []
    private var bytes = 0
    /// The position up to which everything is in `items`.
    private var reached: Int64
    private var documents: [LocalID] = []

    /// So many documents are told of at once, at most: they compress together, and a chunk of them always fits.
    private static let documentsMax = 128

    init(
        _ tables: ReaderTables, _ name: ScopeName, _ number: Int64, after: Int64, bytesMax: Int, within: [ScopeName]
    ) {
        self.tables = tables
        journal = JournalReader(tables)
        scope = (name, number)
        reached = after
        self.within = within
        self.bytesMax = bytesMax
    }

    static let query = """
        SELECT position, document, origin, first, last FROM scope_feed WHERE scope = ? AND position > ? ORDER BY position
        """
    static let laterQuery = """
        SELECT 1 FROM scope_feed WHERE document = ? AND scope = ? AND position > ? AND document <> 0 LIMIT 1
        """

    /// - Returns: the items, and the position that the reader has reached with them.
    mutating func read() throws(StoreError) -> (items: [FeedItem], reached: FeedPosition) {
        let rows = tables.lookup(ScopeFeedReader.query)
        rows.bind(1, scope.number)
        rows.bind(2, reached)
        while try rows.step() {
            let position = rows.integer(0)
            let document = LocalID(raw: rows.integer(1))
            if document.raw != 0 {
                if try !isToldLater(document, after: position) { documents.append(document) }
                if documents.count >= ScopeFeedReader.documentsMax { try tellDocuments(at: position) }
            } else {
                // What became of documents before comes before what was written to them.
                try tellDocuments(at: reached)
                let origin = try tables.origins.id(rows.integer(2))
                try tell(origin, try Journal.range(rows.integer(3), rows.integer(4)), at: position)
            }
            reached = position
            if bytes >= bytesMax { break }
        }
        try tellDocuments(at: reached)
        return (items, FeedPosition(reached))
    }

    private func isToldLater(_ document: LocalID, after position: Int64) throws(StoreError) -> Bool {
        let later = tables.lookup(ScopeFeedReader.laterQuery)
        later.bind(1, document.raw)
        later.bind(2, scope.number)
        later.bind(3, position)
        return try later.step()
    }

    /// A run in as many segments as the journal has it in. Only with the last one the reader has passed the entry.
    private mutating func tell(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>, at position: Int64
    ) throws(StoreError) {
        var next = UInt64(range.lowerBound)
        while next <= UInt64(range.upperBound) {
            let rest = Sequence32(next)...range.upperBound
            guard let (part, segment) = try journal.segment(origin, rest) else {
                // Taken away since: the document went, and an entry that follows says so.
                next += 1
                continue
            }
            next = UInt64(part.upperBound) + 1
            let payload = SegmentPayload(origin: origin, first: part.lowerBound, last: part.upperBound, bytes: segment)
            put(next > UInt64(range.upperBound) ? position : reached, .segment(payload))
        }
    }

    private mutating func tellDocuments(at position: Int64) throws(StoreError) {
        guard !documents.isEmpty else { return }
        let reader = try StateReader(tables)
        var granted: [DocumentState] = []
        var revoked: [DocumentState] = []
        for document in documents {
            let name = try tables.origins.name(document)
            guard let state = try reader.document(name) else {
                if let gone = try tables.scopes.gone(document) { revoked.append(gone) }
                continue
            }
            if state.isIn([scope.name]) {
                granted.append(state)
            } else if !state.isIn(within) {
                revoked.append(state.membership)
            }
        }
        documents.removeAll(keepingCapacity: true)
        for chunk in try ScopeFeedReader.chunks(granted) { put(reached, .grant(chunk)) }
        for chunk in try ScopeFeedReader.chunks(revoked) { put(reached, .revoke(chunk)) }
        // The last of them moves the reader on.
        if position > reached, let last = items.last {
            items[items.count - 1] = FeedItem(position: FeedPosition(position), last.content)
        }
        reached = position
    }

    private mutating func put(_ position: Int64, _ content: FeedContent) {
        items.append(FeedItem(position: FeedPosition(position), content))
        bytes += content.cost
    }

    /// Chunks that a receiver takes: half of the documents may fit where all of them do not.
    private static func chunks(_ states: [DocumentState]) throws(StoreError) -> [[UInt8]] {
        guard !states.isEmpty else { return [] }
        let bytes = SnapshotCodec().encode(states)
        if bytes.count <= SyncLimits.chunkBytesMax, SnapshotCodec.isWithinLimits(bytes) { return [bytes] }
        guard states.count > 1 else { throw .limitExceeded("one document in a snapshot") }
        let half = states.count / 2
        return try chunks(Array(states.prefix(half))) + chunks(Array(states.dropFirst(half)))
    }
}
