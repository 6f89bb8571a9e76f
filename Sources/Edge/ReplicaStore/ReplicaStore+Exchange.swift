import ByteCoding
import ChangeSets
import HybridTime
import Merging

extension ReplicaStore {
    /// Packs this replica's newest change sets into segments.
    public func packTail() throws(StoreError) {
        try writing { writer throws(StoreError) in try writer.packTail(entersFeed: isHub) }
    }

    /// What the journal holds of an origin.
    public func held(_ origin: ReplicaID) throws(StoreError) -> SequenceRanges {
        try readingTables { tables, _ in try tables.journal.held(origin) }
    }

    /// Every origin that the journal holds anything of.
    public func heldOrigins() throws(StoreError) -> [ReplicaID] {
        try readingTables { tables, _ in try JournalReader(tables).heldOrigins() }
    }

    /// The part of an origin's change sets that starts at the front of `range` and fits one segment, as bytes.
    /// - Returns: nil where the journal does not hold the first of the range.
    public func segment(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>
    ) throws(StoreError) -> (range: ClosedRange<Sequence32>, bytes: [UInt8])? {
        try readingTables { tables, _ in try JournalReader(tables).segment(origin, range) }
    }

    /// One entry of a hub's feed.
    public struct FeedEntry: Sendable {
        public let position: Int64
        public let origin: ReplicaID
        public let range: ClosedRange<Sequence32>
        public let bytes: [UInt8]
    }

    /// The feed's entries after a position, oldest first: at least one, if there is any, then as many as fit.
    public func feed(after position: Int64, bytesMax: Int) throws(StoreError) -> [FeedEntry] {
        try readingTables { tables, _ in try JournalReader(tables).feed(after: position, bytesMax: bytesMax) }
    }
}

/// Reads the journal on a reader's connection.
struct JournalReader {
    private let tables: ReaderTables
    private var journal: Journal { tables.journal }
    private var origins: OriginNumbers { tables.origins }

    init(_ tables: ReaderTables) { self.tables = tables }

    func heldOrigins() throws(StoreError) -> [ReplicaID] {
        let own = try journal.own()
        var result: [ReplicaID] = []
        let rows = tables.lookup("SELECT DISTINCT origin FROM held ORDER BY origin")
        while try rows.step() { result.append(try origins.id(rows.integer(0))) }
        if !result.contains(own), try journal.ownHead().sequence > 0 { result.append(own) }
        return result
    }

    func segment(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>
    ) throws(StoreError) -> (range: ClosedRange<Sequence32>, bytes: [UInt8])? {
        if let stored = try journal.segment(origin, endingFrom: range.lowerBound),
            stored.range.contains(range.lowerBound)
        {
            let part = stored.range.clamped(to: range)
            return (part, try cut(stored, to: part))
        }
        guard origin == (try journal.own()) else { return nil }
        let limit = min(range.count, ChangeSetLimits.segmentChangeSetsMax)
        let sets = try journal.tail(from: range.lowerBound, limit: limit)
        guard sets.first?.dot.sequence == range.lowerBound else { return nil }
        let (count, bytes) = SegmentPacker.pack(sets[...], SegmentCodec())
        return (range.lowerBound...(range.lowerBound + Sequence32(count - 1)), bytes)
    }

    /// The bytes of a part of a stored segment; the whole of it goes out as it came in.
    private func cut(_ stored: Journal.StoredSegment, to part: ClosedRange<Sequence32>) throws(StoreError) -> [UInt8] {
        if part == stored.range {
            // It goes out as it is, so what a damaged file made of it must be seen without expanding it.
            guard let header = try? SegmentCodec.header(stored.bytes[...]),
                Journal.isRun(stored.origin, part, of: header.origin, header.first, header.count),
                stored.bytes.count <= ChangeSetLimits.segmentDecodedBytesMax
            else {
                throw .damaged(
                    place: "segment \(stored.number) of the journal", reason: "it is not the run that its row names")
            }
            return stored.bytes
        }
        let codec = SegmentCodec()
        let segment = try stored.decode(codec)
        guard stored.range.contains(part.lowerBound), stored.range.contains(part.upperBound) else {
            throw .damaged(place: "the feed", reason: "an entry beyond segment \(stored.number)")
        }
        let offset = Int(part.lowerBound - stored.range.lowerBound)
        return codec.encode(Segment(Array(segment.changeSets[offset..<offset + part.count])))
    }

    static let feedQuery = """
        SELECT feed.position, feed.first, feed.last, segment.n, segment.origin, segment.first, segment.last, segment.bytes
        FROM feed JOIN segment ON segment.n = feed.segment
        WHERE feed.position > ? ORDER BY feed.position
        """

    func feed(after position: Int64, bytesMax: Int) throws(StoreError) -> [ReplicaStore.FeedEntry] {
        var entries: [ReplicaStore.FeedEntry] = []
        var bytes = 0
        let rows = tables.lookup(JournalReader.feedQuery)
        rows.bind(1, position)
        while try rows.step() {
            let stored = Journal.StoredSegment(
                number: rows.integer(3), origin: try origins.id(rows.integer(4)),
                range: try Journal.range(rows.integer(5), rows.integer(6)),
                bytes: rows.bytes(7))
            let range = try Journal.range(rows.integer(1), rows.integer(2))
            let part = try cut(stored, to: range)
            if !entries.isEmpty, bytes + part.count > bytesMax { break }
            bytes += part.count
            entries.append(
                .init(position: rows.integer(0), origin: try origins.id(rows.integer(4)), range: range, bytes: part))
        }
        return entries
    }
}
