import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging

extension ReplicaStore {
    /// Packs this replica's newest change sets into segments.
    public func packTail() throws(StoreError) {
        try writing { writer throws(StoreError) in try writer.packTail(entersFeed: isHub) }
    }

    /// What the journal holds of an origin.
    public func held(_ origin: ReplicaID) throws(StoreError) -> SequenceRanges {
        try reading { db in
            try JournalReader(db).held(origin)
        }
    }

    /// Every origin that the journal holds anything of.
    public func heldOrigins() throws(StoreError) -> [ReplicaID] {
        try reading { db in try JournalReader(db).heldOrigins() }
    }

    /// The part of an origin's change sets that starts at the front of `range` and fits one segment, as bytes.
    /// - Returns: nil where the journal does not hold the first of the range.
    public func segment(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>
    ) throws(StoreError) -> (range: ClosedRange<Sequence32>, bytes: [UInt8])? {
        try reading { db in try JournalReader(db).segment(origin, range) }
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
        try reading { db in try JournalReader(db).feed(after: position, bytesMax: bytesMax) }
    }
}

/// Reads the journal on a reader's connection.
struct JournalReader {
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

    func held(_ origin: ReplicaID) throws(StoreError) -> SequenceRanges {
        try journal.held(origin)
    }

    func heldOrigins() throws -> [ReplicaID] {
        let own = try journal.own()
        var result = try Int64.fetchAll(db, sql: "SELECT DISTINCT origin FROM held ORDER BY origin").map(origins.id)
        if !result.contains(own), try journal.ownHead().sequence > 0 { result.append(own) }
        return result
    }

    func segment(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>
    ) throws -> (range: ClosedRange<Sequence32>, bytes: [UInt8])? {
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
    private func cut(_ stored: Journal.StoredSegment, to part: ClosedRange<Sequence32>) throws -> [UInt8] {
        if part == stored.range {
            // It goes out as it is, so what a damaged file made of it must be seen without expanding it.
            guard let header = try? SegmentCodec.header(stored.bytes[...]), header.first == part.lowerBound,
                header.last == part.upperBound, stored.bytes.count <= ChangeSetLimits.segmentDecodedBytesMax
            else {
                throw StoreError.damaged(
                    place: "segment \(stored.number) of the journal", reason: "it is not the run that its row names")
            }
            return stored.bytes
        }
        let codec = SegmentCodec()
        let segment = try stored.decode(codec)
        guard stored.range.contains(part.lowerBound), stored.range.contains(part.upperBound) else {
            throw StoreError.damaged(place: "the feed", reason: "an entry beyond segment \(stored.number)")
        }
        let offset = Int(part.lowerBound - stored.range.lowerBound)
        return codec.encode(Segment(Array(segment.changeSets[offset..<offset + part.count])))
    }

    static let feedQuery = """
        SELECT feed.position, feed.first, feed.last, segment.n, segment.origin, segment.first, segment.last, segment.bytes
        FROM feed JOIN segment ON segment.n = feed.segment
        WHERE feed.position > ? ORDER BY feed.position
        """

    func feed(after position: Int64, bytesMax: Int) throws -> [ReplicaStore.FeedEntry] {
        var entries: [ReplicaStore.FeedEntry] = []
        var bytes = 0
        let rows = try Row.fetchCursor(db, sql: JournalReader.feedQuery, arguments: [position])
        while let row = try rows.next() {
            let stored = Journal.StoredSegment(
                number: row[3], range: try Journal.range(row[5], row[6]), bytes: Array(row[7] as Data))
            let range = try Journal.range(row[1], row[2])
            let part = try cut(stored, to: range)
            if !entries.isEmpty, bytes + part.count > bytesMax { break }
            bytes += part.count
            entries.append(
                .init(position: row[0], origin: try origins.id(row[4]), range: range, bytes: part))
        }
        return entries
    }
}
