import HybridTime
import Merging

/// A name as SQLite holds it: one integer, made of the origin's number in this store (20 bits), the sequence (32) and the
/// ordinal (11). As a table's primary key it is the row's own key, the fastest there is.
struct LocalID: Hashable {
    let raw: Int64

    static let originsMax: Int64 = 1 << 20
    static let ordinalBits: Int64 = 11
    static let ordinalMax: UInt16 = 1 << 11 - 1
    static let sequenceBits: Int64 = 32

    init(raw: Int64) { self.raw = raw }

    init(origin: Int64, sequence: Sequence32, ordinal: UInt16) {
        raw =
            origin << (LocalID.ordinalBits + LocalID.sequenceBits) | Int64(sequence) << LocalID.ordinalBits
            | Int64(ordinal)
    }

    var origin: Int64 { raw >> (LocalID.ordinalBits + LocalID.sequenceBits) }
    var sequence: Sequence32 { Sequence32(truncatingIfNeeded: raw >> LocalID.ordinalBits) }
    var ordinal: UInt16 { UInt16(raw & (1 << LocalID.ordinalBits - 1)) }

    /// The identifiers of everything that the same change set made.
    var siblingsRange: ClosedRange<Int64> {
        let first = raw & ~(1 << LocalID.ordinalBits - 1)
        return first...(first | (1 << LocalID.ordinalBits - 1))
    }
}

/// The numbers that this store gave to origins, kept in memory; the table `origin` holds the same.
final class OriginNumbers {
    private var ids: [ReplicaID?] = [nil]
    private var numbers: [ReplicaID: Int64] = [:]
    /// The numbers asked for of late, each at the place that its identifier's low bits give: identifiers are random.
    private var recent = [(bits: UInt64, number: Int64)](repeating: (0, 0), count: 64)
    /// Numbers given in the transaction that runs, to be taken back if it fails.
    private var pending: [ReplicaID] = []
    private let insert: Statement
    private let scan: Statement

    init(_ connection: OpaquePointer) throws(StoreError) {
        insert = Statement(
            connection, "INSERT INTO origin(n, id, head_sequence, head) VALUES (?, ?, 0, zeroblob(32))")
        scan = Statement(connection, "SELECT n, id FROM origin WHERE n >= ? ORDER BY n")
        try refresh()
    }

    /// Reads what other processes have added: all of it, so that ``ids`` never has a hole.
    private func refresh() throws(StoreError) {
        scan.bind(1, Int64(ids.count))
        defer { scan.reset() }
        while try scan.step() {
            let number = scan.integer(0)
            // The list has a place for every number: a damaged one would ask for any amount of memory.
            guard number > 0, number < LocalID.originsMax else {
                throw .damaged(place: "the origin table", reason: "the number \(number)")
            }
            remember(ReplicaID(UInt64(bitPattern: scan.integer(1))), number)
        }
    }

    private func remember(_ id: ReplicaID, _ number: Int64) {
        while ids.count <= Int(number) { ids.append(nil) }
        ids[Int(number)] = id
        numbers[id] = number
    }

    /// The origin's number, given to it now if it has none.
    func number(_ id: ReplicaID) throws(StoreError) -> Int64 {
        if let number = try known(id) { return number }
        // Zero stands for names that are not given yet; a row that held it could never be read again.
        guard id.bits != 0 else { throw .malformedDraft("a name that no replica gave") }
        let number = Int64(max(ids.count, 1))
        guard number < LocalID.originsMax else { throw .limitExceeded("origins in one store") }
        insert.bind(1, number)
        insert.bind(2, Int64(bitPattern: id.bits))
        try insert.run()
        remember(id, number)
        pending.append(id)
        return number
    }

    /// The origin's number if it has one.
    func known(_ id: ReplicaID) throws(StoreError) -> Int64? {
        let slot = Int(id.bits & 63)
        if recent[slot].bits == id.bits, id.bits != 0 { return recent[slot].number }
        if numbers[id] == nil { try refresh() }
        guard let number = numbers[id] else { return nil }
        recent[slot] = (id.bits, number)
        return number
    }

    func id(_ number: Int64) throws(StoreError) -> ReplicaID {
        if number > 0, number < Int64(ids.count), let id = ids[Int(number)] { return id }
        try refresh()
        guard number > 0, number < Int64(ids.count), let id = ids[Int(number)] else {
            throw .damaged(place: "the origin table", reason: "number \(number) is missing")
        }
        return id
    }

    func committed() { pending.removeAll(keepingCapacity: true) }

    func rolledBack() {
        for id in pending {
            if let number = numbers.removeValue(forKey: id) { ids[Int(number)] = nil }
        }
        while ids.count > 1, ids[ids.count - 1] == nil { ids.removeLast() }
        pending.removeAll()
        for slot in recent.indices { recent[slot] = (0, 0) }
    }

    // MARK: Names

    func localID(_ name: RecordName) throws(StoreError) -> LocalID {
        guard name.ordinal <= LocalID.ordinalMax else { throw .limitExceeded("records of one change set") }
        return LocalID(origin: try number(name.origin), sequence: name.sequence, ordinal: name.ordinal)
    }

    func knownID(_ name: RecordName) throws(StoreError) -> LocalID? {
        guard name.ordinal <= LocalID.ordinalMax, let origin = try known(name.origin) else { return nil }
        return LocalID(origin: origin, sequence: name.sequence, ordinal: name.ordinal)
    }

    func name(_ id: LocalID) throws(StoreError) -> RecordName {
        RecordName(try self.id(id.origin), id.sequence, id.ordinal)
    }
}
