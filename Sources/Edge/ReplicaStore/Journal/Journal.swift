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
    private let feedEntry: Statement
    private var feedLife = PositionLife.before
    /// False where this store holds only some scopes: nobody below it can have all of what it holds, and its scopes' feeds
    /// tell the rest.
    var keepsWholeFeed = true
    private let heldRanges: RangeTable
    private let trimmedRanges: RangeTable
    private let setSegmentHead: Statement
    private let insertCheckpoint: Statement
    private let selectCheckpoint: Statement
    private let selectSegment: Statement
    private let deleteSegment: Statement
    private let tailHead: Statement
    private let selectSalt: Statement
    private let lastHeld: Statement
    private let lastFeed: Statement
    private let selectMeta: Statement
    private let setMeta: Statement
    private let insertForkFact: Statement
    private let clearFeed: Statement
    /// The names that forks give to what is in here.
    private(set) lazy var names = ForkNames(connection, self)
    private let connection: OpaquePointer

    init(_ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        self.connection = connection
        insertForkFact = Statement(connection, "INSERT OR IGNORE INTO fork_fact(bytes) VALUES (?)")
        clearFeed = Statement(connection, "DELETE FROM feed")
        insertSegment = Statement(
            connection, "INSERT INTO segment(origin, first, last, bytes) VALUES (?, ?, ?, ?) RETURNING n")
        segmentsFrom = Statement(
            connection,
            "SELECT n, first, last, bytes, head FROM segment WHERE origin = ? AND last >= ? ORDER BY last LIMIT 1")
        appendTail = Statement(connection, "INSERT INTO tail(sequence, head, bytes) VALUES (?, ?, ?)")
        lastTail = Statement(connection, "SELECT sequence, head FROM tail ORDER BY sequence DESC LIMIT 1")
        scanTail = Statement(
            connection, "SELECT sequence, bytes FROM tail WHERE sequence >= ? ORDER BY sequence LIMIT ?")
        clearTail = Statement(connection, "DELETE FROM tail WHERE sequence <= ?")
        selectHead = Statement(connection, "SELECT head_sequence, head FROM origin WHERE n = ?")
        updateHead = Statement(connection, "UPDATE origin SET head_sequence = ?, head = ? WHERE n = ?")
        insertFeed = Statement(
            connection, "INSERT INTO feed(segment, first, last, position) VALUES (?1, ?2, ?3, ?4)")
        feedEntry = Statement(connection, "SELECT 1 FROM feed WHERE position = ?")
        heldRanges = try RangeTable(connection, "held", keys: ["origin"])
        trimmedRanges = try RangeTable(connection, "trimmed", keys: ["origin"])
        setSegmentHead = Statement(connection, "UPDATE segment SET head = ? WHERE origin = ? AND last = ?")
        insertCheckpoint = Statement(
            connection, "INSERT OR REPLACE INTO checkpoint(origin, sequence, head) VALUES (?, ?, ?)")
        selectCheckpoint = Statement(connection, "SELECT head FROM checkpoint WHERE origin = ? AND sequence = ?")
        selectSegment = Statement(connection, "SELECT origin, first, last, bytes, head FROM segment WHERE n = ?")
        deleteSegment = Statement(connection, "DELETE FROM segment WHERE n = ?")
        selectSalt = Statement(connection, "SELECT salt FROM document WHERE id = ?")
        lastFeed = Statement(connection, "SELECT coalesce(max(position), 0) FROM feed")
        lastHeld = Statement(connection, "SELECT max(last) FROM held WHERE origin = ?")
        selectMeta = Statement(connection, "SELECT value FROM meta WHERE key = ?")
        setMeta = Statement(connection, "INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)")
        tailHead = Statement(connection, "SELECT head FROM tail WHERE sequence = ?")
    }

    // MARK: Who this replica is

    /// The name of this replica in the snapshot or transaction that is read: another process may change it.
    func own() throws(StoreError) -> ReplicaID {
        let bits = UInt64(bitPattern: try number("replica"))
        guard bits != 0 else { throw .damaged(place: "the store's own description", reason: "it has no name") }
        return ReplicaID(bits)
    }

    /// Who this replica is now, where `known` is who it was.
    func identity(of known: Identity) throws(StoreError) -> Identity {
        Identity(
            replica: try own(), organisation: known.organisation, name: known.name,
            epoch: UInt32(truncatingIfNeeded: try number("epoch")))
    }

    // MARK: Heads

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
        updateHead.bind(2, head.digest)
        updateHead.bind(3, try origins.number(origin))
        try updateHead.run()
    }

    /// The head of this replica's own chain: the tail's end, or where the last packed segment ended.
    func ownHead() throws(StoreError) -> Head {
        let row = try lastTail.step()
        defer { lastTail.reset() }
        guard row else {
            lastTail.reset()
            return try head(own())
        }
        guard let digest = Digest256(lastTail.bytes(1)) else {
            throw .damaged(place: "the journal's tail", reason: "a head is not 32 bytes")
        }
        return Head(sequence: Sequence32(truncatingIfNeeded: lastTail.integer(0)), digest: digest)
    }

    // MARK: Tail

    func append(_ sequence: Sequence32, head: Digest256, canonical: ArraySlice<UInt8>) throws(StoreError) {
        appendTail.bind(1, Int64(sequence))
        appendTail.bind(2, head)
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
            // Whoever packs these relies on a run of one origin.
            let dot = sets[sets.count - 1].dot
            let expected = UInt64(sets[0].dot.sequence) + UInt64(sets.count - 1)
            guard Int64(dot.sequence) == scanTail.integer(0), UInt64(dot.sequence) == expected,
                dot.origin == sets[0].dot.origin
            else { throw .damaged(place: "the journal's tail", reason: "\(dot) is out of place") }
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
        try heldRanges.insert(range, [try origins.number(origin)])
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
        _ origin: ReplicaID, overlapping range: ClosedRange<Sequence32> = 1...Sequence32.max
    ) throws(StoreError) -> SequenceRanges {
        guard let number = try origins.known(origin) else { return SequenceRanges() }
        var result = try heldRanges.ranges([number], overlapping: range)
        let own = try own()
        if origin == own {
            let packed = try head(own).sequence
            let end = try ownHead().sequence
            if end > packed { result.insert((packed + 1)...end) }
        }
        return result
    }

    /// What the journal holds of an origin, and what it held before it was taken away on purpose: neither is wanted again.
    func heldOrTrimmed(
        _ origin: ReplicaID, overlapping range: ClosedRange<Sequence32> = 1...Sequence32.max
    ) throws(StoreError) -> SequenceRanges {
        var result = try held(origin, overlapping: range)
        guard let number = try origins.known(origin) else { return result }
        result.formUnion(try trimmedRanges.ranges([number], overlapping: range))
        return result
    }

    /// Takes a segment out of the journal, but for the change sets that are to stay; the others count as trimmed.
    func trim(
        _ segment: StoredSegment, keeping kept: [NamedRun], _ codec: SegmentCodec
    ) throws(StoreError) {
        let number = try origins.number(segment.origin)
        deleteSegment.bind(1, segment.number)
        try deleteSegment.run()
        try heldRanges.remove(SequenceRanges(segment.range), [number])
        var gone = SequenceRanges(segment.range)
        for run in kept {
            gone = gone.subtracting(SequenceRanges(run.range))
            _ = try insert(segment.origin, run.range, codec.encode(run.segment))
            if run.range.upperBound == segment.range.upperBound, let head = segment.head {
                try setSegmentHead(segment.origin, endingAt: run.range.upperBound, head)
            }
        }
        for range in gone.ranges { try trimmedRanges.insert(range, [number]) }
        // The chain is followed on from here.
        let last = segment.range.upperBound
        guard let head = segment.head, gone.contains(last) else { return }
        insertCheckpoint.bind(1, number)
        insertCheckpoint.bind(2, Int64(last))
        insertCheckpoint.bind(3, head)
        try insertCheckpoint.run()
    }

    /// The chain's head at the end of a part that was taken away.
    func checkpoint(_ origin: ReplicaID, at sequence: Sequence32) throws(StoreError) -> Digest256? {
        guard let number = try origins.known(origin) else { return nil }
        selectCheckpoint.bind(1, number)
        selectCheckpoint.bind(2, Int64(sequence))
        defer { selectCheckpoint.reset() }
        return try selectCheckpoint.step() ? Digest256(selectCheckpoint.bytes(0)) : nil
    }

    struct StoredSegment {
        let number: Int64
        /// The name that it goes by; a branch's was written under another.
        let origin: ReplicaID
        let range: ClosedRange<Sequence32>
        let bytes: [UInt8]
        /// The chain's head after it, where the chain is verified so far.
        var head: Digest256?

        /// The change sets. A damaged file may hold other bytes than its row says, and sequences are looked up by the row.
        func decode(_ codec: SegmentCodec) throws(StoreError) -> Segment {
            let segment: Segment
            do throws(DecodingFailure) { segment = try codec.decode(bytes[...]) } catch {
                throw .damaged("segment \(number) of the journal", error)
            }
            guard Journal.isRun(origin, range, of: segment.origin, segment.first, segment.changeSets.count) else {
                throw .damaged(
                    place: "segment \(number) of the journal", reason: "it is not the run that its row names")
            }
            return segment
        }
    }

    /// A run of sequences as two columns hold it.
    static func range(_ first: Int64, _ last: Int64) throws(StoreError) -> ClosedRange<Sequence32> {
        guard let first = Sequence32(exactly: first), let last = Sequence32(exactly: last), first >= 1, first <= last
        else { throw .damaged(place: "the journal", reason: "the range \(first) to \(last)") }
        return first...last
    }

    /// The first stored segment of an origin that ends at or after a sequence; it need not hold it.
    func segment(_ origin: ReplicaID, endingFrom sequence: Sequence32) throws(StoreError) -> StoredSegment? {
        guard let number = try origins.known(origin) else { return nil }
        segmentsFrom.bind(1, number)
        segmentsFrom.bind(2, Int64(sequence))
        defer { segmentsFrom.reset() }
        guard try segmentsFrom.step() else { return nil }
        return StoredSegment(
            number: segmentsFrom.integer(0), origin: origin,
            range: try Journal.range(segmentsFrom.integer(1), segmentsFrom.integer(2)), bytes: segmentsFrom.bytes(3),
            head: segmentsFrom.isNull(4) ? nil : Digest256(segmentsFrom.bytes(4)))
    }

    /// A stored segment by its number in this store, with its origin.
    func segment(number: Int64) throws(StoreError) -> (origin: ReplicaID, segment: StoredSegment)? {
        selectSegment.bind(1, number)
        defer { selectSegment.reset() }
        guard try selectSegment.step() else { return nil }
        let origin = try origins.id(selectSegment.integer(0))
        return (
            origin,
            StoredSegment(
                number: number, origin: origin,
                range: try Journal.range(selectSegment.integer(1), selectSegment.integer(2)),
                bytes: selectSegment.bytes(3), head: selectSegment.isNull(4) ? nil : Digest256(selectSegment.bytes(4)))
        )
    }

    /// Notes the chain's head after the segment that ends at a sequence, if one does.
    func setSegmentHead(_ origin: ReplicaID, endingAt sequence: Sequence32, _ head: Digest256) throws(StoreError) {
        setSegmentHead.bind(1, head)
        setSegmentHead.bind(2, try origins.number(origin))
        setSegmentHead.bind(3, Int64(sequence))
        try setSegmentHead.run()
    }

    /// The salt of a document that is here.
    func salt(of document: RecordName) throws(StoreError) -> Salt? {
        guard let id = try origins.knownID(document) else { return nil }
        selectSalt.bind(1, id.raw)
        defer { selectSalt.reset() }
        return try selectSalt.step() ? DocumentTable.salt(selectSalt, 0) : nil
    }

    /// The own chain's head after a change set of the tail.
    func tailHead(at sequence: Sequence32) throws(StoreError) -> Digest256? {
        tailHead.bind(1, Int64(sequence))
        defer { tailHead.reset() }
        return try tailHead.step() ? Digest256(tailHead.bytes(0)) : nil
    }

    /// The greatest sequence in an origin's segments; 0 for none.
    func lastHeld(_ origin: ReplicaID) throws(StoreError) -> Sequence32 {
        guard let number = try origins.known(origin) else { return 0 }
        lastHeld.bind(1, number)
        defer { lastHeld.reset() }
        return try lastHeld.step() ? Sequence32(truncatingIfNeeded: lastHeld.integer(0)) : 0
    }

    func appendFeed(segment: Int64, _ range: ClosedRange<Sequence32>) throws(StoreError) {
        guard keepsWholeFeed else { return }
        try appendFeed(segment, Int64(range.lowerBound), Int64(range.upperBound))
    }

    private func appendFeed(_ segment: Int64, _ first: Int64, _ last: Int64) throws(StoreError) {
        insertFeed.bind(1, segment)
        insertFeed.bind(2, first)
        insertFeed.bind(3, last)
        if let gap = feedLife.begin() {
            insertFeed.bind(4, try feedEnd() + gap)
        } else {
            insertFeed.bindNull(4)
        }
        try insertFeed.run()
    }

    func committed() { feedLife.committed() }

    func rolledBack() {
        feedLife.rolledBack()
        names.rolledBack()
    }

    /// Whether a run of change sets as they were written is that run of a name: its own, or that of a branch of it.
    static func isRun(
        _ name: ReplicaID, _ range: ClosedRange<Sequence32>, of origin: ReplicaID, _ first: Sequence32, _ count: Int
    ) -> Bool {
        guard range.count == count else { return false }
        return name == origin ? first == range.lowerBound : first >= range.lowerBound
    }

    func insertFact(_ bytes: [UInt8]) throws(StoreError) {
        insertForkFact.bind(1, bytes)
        try insertForkFact.run()
    }

    func hasFeedEntry(at position: UInt64) throws(StoreError) -> Bool {
        feedEntry.bind(1, Int64(bitPattern: position))
        defer { feedEntry.reset() }
        return try feedEntry.step()
    }

    /// How far an origin's chain is verified; for this replica's own, its head.
    func verifiedHead(_ origin: ReplicaID) throws(StoreError) -> Head {
        origin == (try own()) ? try ownHead() : try head(origin)
    }

    // MARK: State in the feed

    /// The feed's position before which a reader has to take a snapshot: state came in there that no entry tells of.
    func feedFloor() throws(StoreError) -> Int64 { try number(Meta.feedFloorKey) }

    /// The feed's position up to which entries were taken out and told again: whoever stands there goes on from it.
    func feedToldAgain() throws(StoreError) -> Int64 { try number(Meta.feedToldAgainKey) }

    func feedRenamed() throws(StoreError) -> Int64 { try number(Meta.feedRenamedKey) }

    func endFeedOfBefore() throws(StoreError) { try set(Meta.feedRenamedKey, feedEnd()) }

    /// Tells the whole feed again, under the names that its change sets have now. Where state came in that no entry tells
    /// of, everyone who stands in it takes a snapshot instead.
    func tellFeedAgain(_ segments: [(number: Int64, range: ClosedRange<Sequence32>)]) throws(StoreError) {
        try set(Meta.feedToldAgainKey, feedEnd())
        try clearFeed.run()
        guard try feedFloor() == 0 else {
            try feedFellBehind()
            return try closeFeedGap()
        }
        for segment in segments { try appendFeed(segment: segment.number, segment.range) }
    }

    /// Notes that state came in which the feed does not tell of.
    func feedFellBehind() throws(StoreError) { if keepsWholeFeed { try set(Meta.feedBehindKey, 1) } }

    /// Sends everyone who stands before this point of the feed to a snapshot, if state came in since the last time.
    func closeFeedGap() throws(StoreError) {
        guard try number(Meta.feedBehindKey) != 0 else { return }
        try appendFeed(0, 0, 0)
        try set(Meta.feedFloorKey, feedEnd())
        try set(Meta.feedBehindKey, 0)
    }

    /// The greatest position of the feed; its floor while it is empty.
    func feedEnd() throws(StoreError) -> Int64 {
        defer { lastFeed.reset() }
        let last = try lastFeed.step() ? lastFeed.integer(0) : 0
        return last > 0 ? last : try feedFloor()
    }

    /// Makes this the position before which a reader has to take a snapshot.
    func setFeedFloor(_ position: Int64) throws(StoreError) { try set(Meta.feedFloorKey, position) }

    func number(_ key: String) throws(StoreError) -> Int64 {
        selectMeta.bind(1, key)
        defer { selectMeta.reset() }
        return try selectMeta.step() ? selectMeta.integer(0) : 0
    }

    func blob(_ key: String) throws(StoreError) -> [UInt8] {
        selectMeta.bind(1, key)
        defer { selectMeta.reset() }
        return try selectMeta.step() ? selectMeta.bytes(0) : []
    }

    func text(_ key: String) throws(StoreError) -> String? {
        selectMeta.bind(1, key)
        defer { selectMeta.reset() }
        return try selectMeta.step() ? selectMeta.text(0) : nil
    }

    func set(_ key: String, text: String) throws(StoreError) {
        setMeta.bind(1, key)
        setMeta.bind(2, text)
        try setMeta.run()
    }

    func set(_ key: String, blob: [UInt8]) throws(StoreError) {
        setMeta.bind(1, key)
        setMeta.bind(2, blob)
        try setMeta.run()
    }

    func set(_ key: String, _ value: Int64) throws(StoreError) {
        setMeta.bind(1, key)
        setMeta.bind(2, value)
        try setMeta.run()
    }
}
