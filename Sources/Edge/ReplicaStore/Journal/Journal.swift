import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// The journal's tables: segments as they came, this replica's own tail, the origins' heads and the hub's feed.
final class Journal {
    private let origins: OriginNumbers
    private let insertSegment: Statement
    private let segmentsFrom: Statement
    private let appendTail: Statement
    private let lastTail: Statement
    private let scanTail: Statement
    private let clearTail: Statement
    private let selectHead: Statement
    private let updateHead: Statement
    private let insertFeed: Statement
    private let heldFrom: Statement
    private let insertHeld: Statement
    private let deleteHeld: Statement

    init(_ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        insertSegment = try Statement(
            connection, "INSERT INTO segment(origin, first, last, bytes) VALUES (?, ?, ?, ?) RETURNING n")
        segmentsFrom = try Statement(
            connection, "SELECT n, first, last, bytes FROM segment WHERE origin = ? AND last >= ? ORDER BY last LIMIT 1")
        appendTail = try Statement(connection, "INSERT INTO tail(sequence, head, bytes) VALUES (?, ?, ?)")
        lastTail = try Statement(connection, "SELECT sequence, head FROM tail ORDER BY sequence DESC LIMIT 1")
        scanTail = try Statement(connection, "SELECT sequence, bytes FROM tail WHERE sequence >= ? ORDER BY sequence LIMIT ?")
        clearTail = try Statement(connection, "DELETE FROM tail WHERE sequence <= ?")
        selectHead = try Statement(connection, "SELECT head_sequence, head FROM origin WHERE n = ?")
        updateHead = try Statement(connection, "UPDATE origin SET head_sequence = ?, head = ? WHERE n = ?")
        insertFeed = try Statement(connection, "INSERT INTO feed(segment, first, last) VALUES (?, ?, ?)")
        heldFrom = try Statement(
            connection, "SELECT first, last FROM held WHERE origin = ? AND last >= ? AND first <= ? ORDER BY last")
        insertHeld = try Statement(connection, "INSERT INTO held(origin, first, last) VALUES (?, ?, ?)")
        deleteHeld = try Statement(connection, "DELETE FROM held WHERE origin = ? AND last = ?")
    }

    /// How far an origin's chain is verified, and its head there.
    struct Head {
        var sequence: Sequence32
        var digest: Digest256
    }

    func head(_ origin: ReplicaID) throws(StoreError) -> Head {
        guard let number = try origins.known(origin) else { return Head(sequence: 0, digest: .zero) }
        selectHead.bind(1, number)
        defer { selectHead.reset() }
        guard try selectHead.step(), let digest = Digest256(selectHead.bytes(1)) else {
            throw .damaged(place: "the origin table", reason: "a head is missing")
        }
        return Head(sequence: Sequence32(truncatingIfNeeded: selectHead.integer(0)), digest: digest)
    }

    func setHead(_ origin: ReplicaID, _ head: Head) throws(StoreError) {
        updateHead.bind(1, Int64(head.sequence))
        updateHead.bind(2, head.digest.bytes)
        updateHead.bind(3, try origins.number(origin))
        try updateHead.run()
    }

    /// The head of this replica's own chain: the tail's end, or where the last packed segment ended.
    func ownHead(_ own: ReplicaID) throws(StoreError) -> Head {
        let row = try lastTail.step()
        defer { lastTail.reset() }
        guard row else {
            lastTail.reset()
            return try head(own)
        }
        guard let digest = Digest256(lastTail.bytes(1)) else {
            throw .damaged(place: "the journal's tail", reason: "a head is not 32 bytes")
        }
        return Head(sequence: Sequence32(truncatingIfNeeded: lastTail.integer(0)), digest: digest)
    }

    // MARK: Tail

    func append(_ sequence: Sequence32, head: Digest256, canonical: ArraySlice<UInt8>) throws(StoreError) {
        appendTail.bind(1, Int64(sequence))
        appendTail.bind(2, head.bytes)
        appendTail.bind(3, canonical)
        try appendTail.run()
    }

    /// The tail's change sets from a sequence on, at most `limit`.
    func tail(from sequence: Sequence32, limit: Int) throws(StoreError) -> [ChangeSet] {
        scanTail.bind(1, Int64(sequence))
        scanTail.bind(2, Int64(limit))
        defer { scanTail.reset() }
        var sets: [ChangeSet] = []
        while try scanTail.step() {
            do throws(DecodingFailure) { sets.append(try CanonicalForm.read(scanTail.bytes(1)[...])) } catch {
                throw .damaged("the journal's tail at \(scanTail.integer(0))", error)
            }
        }
        return sets
    }

    func removeTail(through sequence: Sequence32) throws(StoreError) {
        clearTail.bind(1, Int64(sequence))
        try clearTail.run()
    }

    // MARK: Segments

    /// - Returns: the segment's number in this store.
    func insert(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>, _ bytes: [UInt8]
    ) throws(StoreError) -> Int64 {
        try include(range, of: origin)
        insertSegment.bind(1, try origins.number(origin))
        insertSegment.bind(2, Int64(range.lowerBound))
        insertSegment.bind(3, Int64(range.upperBound))
        insertSegment.bind(4, bytes)
        defer { insertSegment.reset() }
        _ = try insertSegment.step()
        return insertSegment.integer(0)
    }

    // MARK: What is held

    /// What the journal holds of an origin within `range`, and whatever touches that.
    func held(
        _ origin: ReplicaID, overlapping range: ClosedRange<Sequence32> = 1...Sequence32.max, own: ReplicaID
    ) throws(StoreError) -> SequenceRanges {
        var result = SequenceRanges()
        guard let number = try origins.known(origin) else { return result }
        heldFrom.bind(1, number)
        heldFrom.bind(2, Int64(range.lowerBound) - 1)
        heldFrom.bind(3, Int64(range.upperBound) + 1)
        defer { heldFrom.reset() }
        while try heldFrom.step() {
            let first = Sequence32(truncatingIfNeeded: heldFrom.integer(0))
            let last = Sequence32(truncatingIfNeeded: heldFrom.integer(1))
            guard first >= 1, first <= last else { throw .damaged(place: "the journal", reason: "a held range") }
            result.insert(first...last)
        }
        if origin == own {
            let packed = try head(own).sequence
            let end = try ownHead(own).sequence
            if end > packed { result.insert((packed + 1)...end) }
        }
        return result
    }

    private func include(_ range: ClosedRange<Sequence32>, of origin: ReplicaID) throws(StoreError) {
        let number = try origins.number(origin)
        var merged = range
        for neighbour in try held(origin, overlapping: range, own: ReplicaID(0)).ranges {
            merged = min(merged.lowerBound, neighbour.lowerBound)...max(merged.upperBound, neighbour.upperBound)
            deleteHeld.bind(1, number)
            deleteHeld.bind(2, Int64(neighbour.upperBound))
            try deleteHeld.run()
        }
        insertHeld.bind(1, number)
        insertHeld.bind(2, Int64(merged.lowerBound))
        insertHeld.bind(3, Int64(merged.upperBound))
        try insertHeld.run()
    }

    struct StoredSegment {
        let number: Int64
        let range: ClosedRange<Sequence32>
        let bytes: [UInt8]
    }

    /// The first stored segment of an origin that ends at or after a sequence; it need not hold it.
    func segment(_ origin: ReplicaID, endingFrom sequence: Sequence32) throws(StoreError) -> StoredSegment? {
        guard let number = try origins.known(origin) else { return nil }
        segmentsFrom.bind(1, number)
        segmentsFrom.bind(2, Int64(sequence))
        defer { segmentsFrom.reset() }
        guard try segmentsFrom.step() else { return nil }
        let first = Sequence32(truncatingIfNeeded: segmentsFrom.integer(1))
        let last = Sequence32(truncatingIfNeeded: segmentsFrom.integer(2))
        guard first <= last else { throw .damaged(place: "the journal", reason: "a segment's range") }
        return StoredSegment(number: segmentsFrom.integer(0), range: first...last, bytes: segmentsFrom.bytes(3))
    }

    func appendFeed(segment: Int64, _ range: ClosedRange<Sequence32>) throws(StoreError) {
        insertFeed.bind(1, segment)
        insertFeed.bind(2, Int64(range.lowerBound))
        insertFeed.bind(3, Int64(range.upperBound))
        try insertFeed.run()
    }
}
