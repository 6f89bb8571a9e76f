import ByteCoding
import ChangeSets
import GRDBSQLite
import HubLogic
import HybridTime
import Merging
import SyncProtocol

/// Where this replica stands with hubs, and what is known to be durable where. One for each connection that asks.
final class SyncState {
    private let origins: OriginNumbers
    private let receipts: RangeTable
    private let atHQ: RangeTable
    private let selectCursors: Statement
    private let setCursor: Statement
    private let selectParent: Statement
    private let setParent: Statement
    private let lastParent: Statement
    private let heldOrigins: Statement
    private let mark: Statement
    private let lastSegment: Statement
    private let selectWanted: Statement
    private let anyOrphan: Statement
    private let selectMeta: Statement
    private let setMeta: Statement
    private let clearAtHQ: Statement
    private let anyReceipt: Statement

    init(_ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        receipts = try RangeTable(connection, "receipt", keys: ["hub", "epoch", "origin"])
        atHQ = try RangeTable(connection, "at_hq", keys: ["origin"])
        selectCursors = Statement(
            connection, "SELECT position, bootstrap FROM cursor WHERE hub = ? AND epoch = ? AND scope = ?")
        setCursor = Statement(
            connection, "INSERT OR REPLACE INTO cursor(hub, epoch, scope, position, bootstrap) VALUES (?, ?, ?, ?, ?)")
        selectParent = Statement(connection, "SELECT receipt_mark FROM parent WHERE hub = ? AND epoch = ?")
        setParent = Statement(
            connection,
            """
            INSERT INTO parent(hub, epoch, receipt_mark, met)
            VALUES (?1, ?2, ?3, (SELECT coalesce(max(met), 0) + 1 FROM parent))
            ON CONFLICT (hub, epoch) DO UPDATE
                SET receipt_mark = CASE ?3 WHEN 0 THEN receipt_mark ELSE ?3 END, met = excluded.met
            """)
        lastParent = Statement(connection, "SELECT hub, epoch FROM parent ORDER BY met DESC LIMIT 1")
        heldOrigins = Statement(connection, "SELECT DISTINCT origin FROM held ORDER BY origin")
        // Grows whenever more is known to be at HQ: the ranges there only ever gain.
        lastSegment = Statement(connection, "SELECT coalesce(max(n), 0) FROM segment")
        selectWanted = Statement(
            connection, "SELECT document FROM wanted UNION SELECT document FROM stray ORDER BY document LIMIT ?")
        anyOrphan = Statement(connection, "SELECT 1 FROM orphan LIMIT 1")
        selectMeta = Statement(connection, "SELECT value FROM meta WHERE key = ?")
        setMeta = Statement(connection, "INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)")
        anyReceipt = Statement(
            connection, "SELECT 1 FROM receipt WHERE origin = ?1 AND first <= ?2 AND last >= ?3 LIMIT 1")
        clearAtHQ = Statement(connection, "DELETE FROM at_hq")
        // Only what is here as well: a receipt at HQ says that the hub which passes it on has it, too.
        mark = Statement(
            connection,
            """
            SELECT coalesce(sum(min(a.last, h.last) - max(a.first, h.first) + 1), 0) FROM at_hq a
            JOIN held h ON h.origin = a.origin AND h.last >= a.first AND h.first <= a.last
            """)
    }

    // MARK: Reading

    func lineage() throws(StoreError) -> HubLineage? {
        defer { lastParent.reset() }
        guard try lastParent.step() else { return nil }
        return HubLineage(
            hub: try origins.id(lastParent.integer(0)), epoch: UInt64(bitPattern: lastParent.integer(1)))
    }

    private func keys(_ lineage: HubLineage) throws(StoreError) -> [Int64]? {
        guard let hub = try origins.known(lineage.hub) else { return nil }
        return [hub, Int64(bitPattern: lineage.epoch)]
    }

    func memory(_ lineage: HubLineage?, scopes: [ScopeName], own: ReplicaID) throws(StoreError) -> ParentMemory {
        var memory = ParentMemory(subscriptions: [])
        let keys = try lineage.flatMap { lineage throws(StoreError) in try self.keys(lineage) }
        for scope in scopes {
            var cursor = PullCursor.none
            if let keys {
                selectCursors.bind(1, keys[0])
                selectCursors.bind(2, keys[1])
                selectCursors.bind(3, scope.text)
                defer { selectCursors.reset() }
                if try selectCursors.step() {
                    let position = UInt64(bitPattern: selectCursors.integer(0))
                    if selectCursors.isNull(1) {
                        cursor = .feed(position)
                    } else if let resume = SnapshotCursor(selectCursors.bytes(1)) {
                        cursor = .bootstrap(position: position, resume: resume)
                    }
                }
            }
            memory.subscriptions.append(Subscription(scope: scope, cursor: cursor))
        }
        memory.headquarters = try headquarters()
        if let keys {
            selectParent.bind(1, keys[0])
            selectParent.bind(2, keys[1])
            defer { selectParent.reset() }
            if try selectParent.step() { memory.receiptMark = UInt64(bitPattern: selectParent.integer(0)) }
        }
        // Whoever has written nothing yet has no number here.
        guard let number = try origins.known(own) else { return memory }
        memory.receiptedAtHQ = try atHQ.ranges([number]).contiguousEnd
        if let keys { memory.receiptedAtHub = try receipts.ranges(keys + [number]).contiguousEnd }
        return memory
    }

    /// The life of headquarters that `at_hq` speaks of.
    func headquarters() throws(StoreError) -> HubLineage? {
        guard let hub = try number(Meta.headquartersKey), let epoch = try number(Meta.headquartersEpochKey) else {
            return nil
        }
        return HubLineage(hub: ReplicaID(UInt64(bitPattern: hub)), epoch: UInt64(bitPattern: epoch))
    }

    private func number(_ key: String) throws(StoreError) -> Int64? {
        selectMeta.bind(1, key)
        defer { selectMeta.reset() }
        return try selectMeta.step() ? selectMeta.integer(0) : nil
    }

    func receipted(_ lineage: HubLineage, _ origin: ReplicaID) throws(StoreError) -> SequenceRanges {
        guard let keys = try keys(lineage), let number = try origins.known(origin) else { return SequenceRanges() }
        return try receipts.ranges(keys + [number])
    }

    /// Whether any one hub has said that it holds all of a range.
    func isReceipted(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>) throws(StoreError) -> Bool {
        anyReceipt.bind(1, try origins.number(origin))
        anyReceipt.bind(2, Int64(range.lowerBound))
        anyReceipt.bind(3, Int64(range.upperBound))
        defer { anyReceipt.reset() }
        return try anyReceipt.step()
    }

    func reachedHQ(_ origin: ReplicaID) throws(StoreError) -> SequenceRanges {
        guard let number = try origins.known(origin) else { return SequenceRanges() }
        return try atHQ.ranges([number])
    }

    func origins(own: ReplicaID) throws(StoreError) -> [ReplicaID] {
        var numbers: [Int64] = []
        while try heldOrigins.step() { numbers.append(heldOrigins.integer(0)) }
        heldOrigins.reset()
        var ids: [ReplicaID] = []
        for number in numbers { ids.append(try origins.id(number)) }
        if !ids.contains(own) { ids.append(own) }
        return ids
    }

    /// Documents whose state has to come from the hub, ascending.
    func wanted(limit: Int) throws(StoreError) -> [DocumentKey] {
        selectWanted.bind(1, Int64(limit))
        defer { selectWanted.reset() }
        var keys: [DocumentKey] = []
        while try selectWanted.step() {
            keys.append(DocumentKey(try origins.name(LocalID(raw: selectWanted.integer(0)))))
        }
        return keys.sorted()
    }

    func hasOrphans() throws(StoreError) -> Bool {
        defer { anyOrphan.reset() }
        return try anyOrphan.step()
    }

    func receiptMark() throws(StoreError) -> UInt64 {
        defer { mark.reset() }
        _ = try mark.step()
        return UInt64(bitPattern: mark.integer(0))
    }

    /// At headquarters whatever is in the journal is at HQ: this grows with every segment that comes in, parked or not.
    func journalMark() throws(StoreError) -> UInt64 {
        defer { lastSegment.reset() }
        _ = try lastSegment.step()
        return UInt64(bitPattern: lastSegment.integer(0))
    }

    // MARK: Writing

    func meet(_ lineage: HubLineage, receiptMark: UInt64 = 0) throws(StoreError) {
        setParent.bind(1, try origins.number(lineage.hub))
        setParent.bind(2, Int64(bitPattern: lineage.epoch))
        setParent.bind(3, Int64(bitPattern: receiptMark))
        try setParent.run()
    }

    func move(_ lineage: HubLineage, _ scope: ScopeName, to cursor: PullCursor) throws(StoreError) {
        setCursor.bind(1, try origins.number(lineage.hub))
        setCursor.bind(2, Int64(bitPattern: lineage.epoch))
        setCursor.bind(3, scope.text)
        switch cursor {
        case .none: return
        case .feed(let position):
            setCursor.bind(4, Int64(bitPattern: position))
            setCursor.bindNull(5)
        case .bootstrap(let position, let resume):
            setCursor.bind(4, Int64(bitPattern: position))
            setCursor.bind(5, resume.bytes)
        }
        try setCursor.run()
    }

    func receive(_ lineage: HubLineage, _ origin: ReplicaID, _ ranges: SequenceRanges) throws(StoreError) {
        let keys = [try origins.number(lineage.hub), Int64(bitPattern: lineage.epoch), try origins.number(origin)]
        for range in ranges.ranges { try receipts.insert(range, keys) }
    }

    func lose(_ lineage: HubLineage, _ origin: ReplicaID, _ ranges: SequenceRanges) throws(StoreError) {
        let keys = [try origins.number(lineage.hub), Int64(bitPattern: lineage.epoch), try origins.number(origin)]
        try receipts.remove(ranges, keys)
    }

    /// Takes what is at headquarters as of this life of it. What was at another one is not known to be at this: an older
    /// state of it may have been put back.
    /// - Returns: whether another one was known before.
    func follow(_ headquarters: HubLineage) throws(StoreError) -> Bool {
        let before = try self.headquarters()
        guard before != headquarters else { return false }
        // Not a loop over pairs: the optimiser of Swift 6.3.1 crashes on one that throws typed errors.
        try set(Meta.headquartersKey, headquarters.hub.bits)
        try set(Meta.headquartersEpochKey, headquarters.epoch)
        guard before != nil else { return false }
        try clearAtHQ.run()
        return true
    }

    private func set(_ key: String, _ value: UInt64) throws(StoreError) {
        setMeta.bind(1, key)
        setMeta.bind(2, Int64(bitPattern: value))
        try setMeta.run()
    }

    /// - Returns: the part that was not known before.
    func reach(_ origin: ReplicaID, _ ranges: SequenceRanges) throws(StoreError) -> SequenceRanges {
        let number = try origins.number(origin)
        let new = ranges.subtracting(try atHQ.ranges([number]))
        for range in new.ranges { try atHQ.insert(range, [number]) }
        return new
    }
}
