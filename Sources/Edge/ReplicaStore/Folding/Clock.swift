import ByteCoding
import HybridTime
import Merging

/// The `clock` column: which dot and stamp stand behind each cell of a row, further siblings with their values, sets'
/// elements, and cells that this build does not know.
///
///     clock  = groups:varint group* extras:varint extra*
///     group  = origin:varint sequence:varint stamp:varint numbers:varint     (bit i: the field with number i)
///     extra  = tag:varint origin:varint sequence:varint stamp:varint value
///
/// A cell named in a group holds one sibling, or shows one of several: its value is the column's. Origins are this
/// store's numbers for them.
struct ClockCodec {
    let origins: OriginNumbers

    // MARK: Reading

    func read(
        _ bytes: UnsafeRawBufferPointer, _ table: RecordTable
    ) throws(StoreError) -> RecordState {
        var cursor = ClockCursor(bytes)
        do throws(DecodingFailure) {
            // Each group holds a field of its own at least.
            let groups = try cursor.varint()
            guard groups <= 64 else { throw cursor.failure("more groups than fields") }
            let groupCount = Int(groups)
            var cells: [CellState] = []
            cells.reserveCapacity(table.tags.count)
            // The group of each field's position.
            try withUnsafeTemporaryAllocation(of: Head.self, capacity: 64) { (slots) throws(DecodingFailure) in
                var present: UInt64 = 0
                for _ in 0..<groupCount {
                    let (origin, sequence, stamp) = (try cursor.varint(), try cursor.varint(), try cursor.varint())
                    var numbers = try cursor.varint()
                    guard let head = head(origin, sequence, stamp) else { throw cursor.failure("a dot or its stamp") }
                    while numbers != 0 {
                        let number = numbers.trailingZeroBitCount
                        numbers &= numbers - 1
                        guard number < 63, table.positionOfNumber[number] >= 0 else { throw cursor.failure("a field") }
                        let position = Int(table.positionOfNumber[number])
                        guard present >> UInt64(position) & 1 == 0 else { throw cursor.failure("a field twice") }
                        slots.initializeElement(at: position, to: head)
                        present |= 1 << UInt64(position)
                    }
                }
                while present != 0 {
                    let position = present.trailingZeroBitCount
                    present &= present - 1
                    cells.append(
                        CellState(table.tags[position], Sibling(slots[position].dot, slots[position].stamp, nil)))
                }
            }
            try readExtras(&cursor, into: &cells)
            return RecordState(kind: table.kind.tag, cells: cells)
        } catch {
            throw .damaged("the clock of a \(table.kind.name)", error)
        }
    }

    /// What stands behind the fields of one group.
    private struct Head {
        let dot: Dot
        let stamp: Stamp
        var numbers: UInt64 = 0
    }

    /// A dot and its stamp as they stand in a clock; nil where no replica could have written them. A damaged file must not
    /// get further than this: a negative stamp would be a trap when the clock is written again.
    private func head(_ origin: UInt64, _ sequence: UInt64, _ stamp: UInt64) -> Head? {
        guard let number = Int64(exactly: origin), let id = try? origins.id(number),
            let sequence = Sequence32(exactly: sequence), sequence > 0, stamp <= UInt64(Stamp.greatest.milliseconds)
        else { return nil }
        return Head(dot: Dot(id, sequence), stamp: Stamp(Int64(stamp)))
    }

    private func readExtras(_ cursor: inout ClockCursor, into cells: inout [CellState]) throws(DecodingFailure) {
        let extras = try cursor.varint()
        if extras == 0 { return }
        var reader = ByteReader(cursor.rest())
        for _ in 0..<extras {
            let tag = FieldTag(raw: UInt32(try reader.count(limit: Int(FieldTag.rawMax), "a field tag")))
            let (origin, sequence, stamp) = (try reader.varint(), try reader.varint(), try reader.varint())
            guard let head = head(origin, sequence, stamp) else {
                throw reader.failure(.invalidValue, "a dot or its stamp")
            }
            let sibling = Sibling(head.dot, head.stamp, try StoredValue.read(&reader))
            if let index = cells.firstIndex(where: { $0.tag == tag }) {
                // One dot leaves one sibling in a cell, or several different elements in a set.
                guard
                    !cells[index].siblings.contains(where: {
                        $0.dot == sibling.dot && (tag.mergeClass != .set || $0.value == sibling.value)
                    })
                else { throw reader.failure(.invalidValue, "a sibling twice") }
                cells[index].others.append(sibling)
            } else {
                let index = cells.firstIndex { $0.tag > tag } ?? cells.count
                cells.insert(CellState(tag, sibling), at: index)
            }
        }
    }

    // MARK: Writing

    func write(_ state: RecordState, _ table: RecordTable, into out: inout ByteWriter) throws(StoreError) {
        out.removeAll()
        var extras = 0
        // Each group holds a field with a number below 63.
        try withUnsafeTemporaryAllocation(of: Head.self, capacity: 64) { (groups) throws(StoreError) in
            var count = 0
            func group(_ dot: Dot, _ stamp: Stamp, _ number: UInt64) {
                var index = count - 1
                while index >= 0 {
                    if groups[index].dot == dot, groups[index].stamp == stamp {
                        groups[index].numbers |= 1 << number
                        return
                    }
                    index -= 1
                }
                groups.initializeElement(at: count, to: Head(dot: dot, stamp: stamp, numbers: 1 << number))
                count += 1
            }
            // By index: a cell that is not copied costs no references.
            for index in state.cells.indices {
                guard let number = table.groupNumber(state.cells[index].tag) else {
                    extras += 1 + state.cells[index].others.count
                    continue
                }
                // Most cells of a record that is written again are as they were: one sibling, its value in the column.
                if state.cells[index].isSingle, case .none = state.cells[index].first.value {
                    group(state.cells[index].first.dot, state.cells[index].first.stamp, number)
                } else if let sibling = table.inColumn(state.cells[index]) {
                    extras += state.cells[index].others.count
                    group(sibling.dot, sibling.stamp, number)
                } else {
                    extras += 1 + state.cells[index].others.count
                }
            }
            out.count(count)
            for index in 0..<count {
                out.varint(UInt64(try origins.number(groups[index].dot.origin)))
                out.varint(UInt64(groups[index].dot.sequence))
                out.varint(UInt64(groups[index].stamp.milliseconds))
                out.varint(groups[index].numbers)
            }
        }
        out.count(extras)
        guard extras > 0 else { return }
        for cell in state.cells {
            let inColumn = table.groupNumber(cell.tag) == nil ? nil : table.inColumn(cell)
            for sibling in cell.siblings where inColumn == nil || sibling.dot != inColumn?.dot {
                guard let value = sibling.value else {
                    throw .damaged(place: "a clock", reason: "a value was not loaded")
                }
                out.varint(UInt64(cell.tag.raw))
                out.varint(UInt64(try origins.number(sibling.dot.origin)))
                out.varint(UInt64(sibling.dot.sequence))
                out.varint(UInt64(sibling.stamp.milliseconds))
                StoredValue.write(value, to: &out)
            }
        }
    }
}

/// Values inside of a clock, names in full: extras are rare, and must survive without this store's numbers for origins.
enum StoredValue {
    static func write(_ value: Value, to out: inout ByteWriter) {
        switch value {
        case .null: out.byte(0)
        case .integer(let number):
            out.byte(1)
            out.signed(number)
        case .text(let text):
            out.byte(2)
            out.text(text.string)
        case .bytes(let bytes):
            out.byte(3)
            out.block(bytes)
        case .reference(let name):
            out.byte(4)
            out.fixed64(name.origin.bits)
            out.varint(UInt64(name.sequence))
            out.varint(UInt64(name.ordinal))
        }
    }

    static func read(_ reader: inout ByteReader) throws(DecodingFailure) -> Value {
        switch try reader.byte() {
        case 0: return .null
        case 1: return .integer(try reader.signed())
        case 2: return .text(Text(try reader.text(limit: 1 << 20, "a text")))
        case 3: return .bytes(Array(try reader.block(limit: 1 << 20, "bytes")))
        case 4:
            let origin = ReplicaID(try reader.fixed64())
            let sequence = Sequence32(try reader.count(limit: Int(Sequence32.max), "a sequence"))
            let ordinal = UInt16(try reader.count(limit: Int(LocalID.ordinalMax), "an ordinal"))
            guard origin.bits != 0 else { throw reader.failure(.invalidValue, "an origin of zero") }
            return .reference(RecordName(origin, sequence, ordinal))
        default: throw reader.failure(.invalidValue, "a stored value")
        }
    }
}

/// Reads varints straight from SQLite's memory: clocks are read once for every record that a segment touches.
struct ClockCursor {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func failure(_ what: String) -> DecodingFailure { DecodingFailure(.invalidValue, offset: position, what) }

    mutating func varint() throws(DecodingFailure) -> UInt64 {
        if position < bytes.count, bytes[position] < 0x80 {
            position += 1
            return UInt64(bytes[position - 1])
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { break }
        }
        throw DecodingFailure(.truncated, offset: position, "a varint")
    }

    var isAtEnd: Bool { position == bytes.count }

    func rest() -> [UInt8] { Array(bytes[position...]) }
}
