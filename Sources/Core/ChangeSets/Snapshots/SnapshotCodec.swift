import ByteCoding
import Deflating
import HybridTime
import Merging

/// Turns the states of documents into bytes and back (Protocol, "Snapshot chunk"): columns by the shape of the records.
/// A chunk is decodable alone, so that a bootstrap resumes at any of them.
public final class SnapshotCodec {
    private static let version: UInt8 = 1
    private let deflater = Deflater(dictionary: PresetDictionary.bytes)
    private let inflater = Inflater(dictionary: PresetDictionary.bytes)

    public init() {}

    /// Documents in one chunk; a sender puts in fewer where they are large.
    public static let documentsMax = 1_024
    /// Records, versions and siblings in one chunk together.
    public static let itemsMax = 1 << 19
    /// A chunk's body after inflation.
    public static let decodedBytesMax = 8 << 20
    /// The bytes of all texts and byte strings together: repeated ones could else stand for any number.
    public static let contentBytesMax = 64 << 20

    public func encode(_ documents: [DocumentState]) -> [UInt8] {
        var writer = SnapshotWriter()
        let (bytes, parts) = writer.write(documents)
        var out = ByteWriter(reserving: bytes.count / 2 + 16)
        out.byte(SnapshotCodec.version)
        out.count(bytes.count)
        out.raw(deflater.compress(parts))
        return out.bytes
    }

    /// Total: a typed failure or documents whose records and contexts are well-formed.
    public func decode(_ bytes: ArraySlice<UInt8>) throws(DecodingFailure) -> [DocumentState] {
        var reader = ByteReader(bytes)
        guard try reader.byte() == SnapshotCodec.version else { throw reader.failure(.unknownVersion, "snapshot") }
        let size = try reader.count(limit: SnapshotCodec.decodedBytesMax, "a snapshot's decoded size")
        let packed = try reader.raw(reader.remaining)
        let body: [UInt8]
        do { body = try inflater.expand(packed, size: size) } catch {
            throw reader.failure(.inflateFailed, error == .sizeMismatch ? "not the declared size" : "a broken stream")
        }
        var snapshot = SnapshotReader(body)
        return try snapshot.read()
    }
}

/// Lays documents' states out in columns.
private struct SnapshotWriter {
    private var out = ByteWriter(reserving: 1 << 16)
    private var origins = OriginTable()
    private var cuts: [Int] = []

    private mutating func cut() { if out.count - (cuts.last ?? 0) >= 320 { cuts.append(out.count) } }

    mutating func write(_ documents: [DocumentState]) -> ([UInt8], [ArraySlice<UInt8>]) {
        let names = documents.map(\.name)
        out.count(documents.count)
        IntegerColumn.write(names.map { origins.place(of: $0.origin) }, to: &out)
        IntegerColumn.write(names.map { Int64($0.sequence) }, to: &out)
        IntegerColumn.write(names.map { Int64($0.ordinal) }, to: &out)
        IntegerColumn.write(documents.map { Int64($0.kind) }, to: &out)
        ContextColumn.write(documents.map(\.context), origins: &origins, to: &out)
        cut()
        writeRecords(documents)
        // The greatest stamp is told against the greatest one that is still in the state.
        IntegerColumn.write(documents.map(\.greatest.milliseconds), base: documents.map(greatestHeld), to: &out)
        for document in documents {
            out.fixed64(document.salt.high)
            out.fixed64(document.salt.low)
        }
        var head = ByteWriter()
        origins.write(from: 0, to: &head)
        let bytes = head.bytes + out.bytes
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        for cut in cuts.map({ $0 + head.count }) where bytes.count - cut >= 320 {
            parts.append(bytes[start..<cut])
            start = cut
        }
        parts.append(bytes[start...])
        return (bytes, parts)
    }

    private func greatestHeld(_ document: DocumentState) -> Int64 {
        var greatest: Int64 = 0
        for record in document.records.values {
            for cell in record.cells {
                greatest = max(greatest, cell.first.stamp.milliseconds)
                for other in cell.others { greatest = max(greatest, other.stamp.milliseconds) }
            }
        }
        return greatest
    }

    private struct Member {
        let document: Int
        let name: RecordName
        let versions: [Sibling]
        let siblings: [Sibling]
    }

    private mutating func writeRecords(_ documents: [DocumentState]) {
        var shapes: [RecordShape] = []
        var places: [RecordShape: Int] = [:]
        var members: [[Member]] = []
        for (number, document) in documents.enumerated() {
            for (name, record) in document.records.sorted(by: { $0.key < $1.key }) {
                let (shape, versions, siblings) = RecordShape.of(record)
                let place = places[shape] ?? shapes.count
                if place == shapes.count {
                    places[shape] = place
                    shapes.append(shape)
                    members.append([])
                }
                members[place].append(Member(document: number, name: name, versions: versions, siblings: siblings))
            }
        }
        out.count(shapes.count)
        for (shape, members) in zip(shapes, members) {
            shape.write(to: &out)
            out.count(members.count)
        }
        cut()
        for (shape, members) in zip(shapes, members) { writeColumns(shape, members, documents) }
    }

    private mutating func writeColumns(_ shape: RecordShape, _ members: [Member], _ documents: [DocumentState]) {
        IntegerColumn.write(members.map { Int64($0.document) }, to: &out)
        let bare = members.map { member in
            ValueColumn.Row(
                time: 0, document: documents[member.document].name, own: documents[member.document].name.dot)
        }
        NameColumn.write(zip(members.map(\.name), bare).map { ($0, $1) }, origins: &origins, to: &out)
        var base: [Int64]?
        for version in 0..<shape.versions {
            let heads = members.map { $0.versions[version] }
            // 0 where the version is the change set that made the record; 1 and the origin's number elsewhere.
            let forms = zip(members, heads).map { member, head in
                head.dot == member.name.dot ? 0 : 1 + origins.place(of: head.dot.origin)
            }
            IntegerColumn.write(forms, to: &out)
            IntegerColumn.write(
                zip(forms, heads).filter { $0.0 > 0 }.map { Int64($0.1.dot.sequence) }, to: &out)
            let stamps = heads.map(\.stamp.milliseconds)
            IntegerColumn.write(stamps, base: base, to: &out)
            base = stamps
            cut()
        }
        var earlier: [[Int64]] = []
        for (place, entry) in shape.entries.enumerated() {
            let rows = members.map { member in
                ValueColumn.Row(
                    time: member.versions[entry.version].stamp.milliseconds,
                    document: documents[member.document].name, own: member.name.dot)
            }
            let values = members.map { $0.siblings[place].value ?? .null }
            ValueColumn.write(values, rows: rows, origins: &origins, earlier: &earlier, to: &out)
            cut()
        }
    }
}

/// Reads the columns of a snapshot back.
private struct SnapshotReader {
    private var reader: ByteReader
    private var origins = OriginTable()
    private var names: [RecordName] = []
    private var records: [[RecordName: RecordState]] = []
    private var contentBytes = 0

    init(_ body: [UInt8]) { reader = ByteReader(body) }

    mutating func read() throws(DecodingFailure) -> [DocumentState] {
        try origins.read(limit: ChangeSetLimits.originsMax, from: &reader)
        let count = try reader.count(limit: SnapshotCodec.documentsMax, "documents in a snapshot")
        let places = try IntegerColumn.read(count: count, from: &reader)
        let sequences = try IntegerColumn.read(count: count, from: &reader)
        let ordinals = try IntegerColumn.read(count: count, from: &reader)
        var unique = Set<RecordName>()
        for index in 0..<count {
            guard let origin = origins[places[index]], let sequence = Sequence32(exactly: sequences[index]),
                let ordinal = UInt16(exactly: ordinals[index]), ordinal <= ChangeSetLimits.ordinalMax
            else { throw reader.failure(.invalidValue, "a document's name") }
            let name = RecordName(origin, sequence, ordinal)
            guard unique.insert(name).inserted else { throw reader.failure(.invalidValue, "a document twice") }
            names.append(name)
        }
        let kinds = try IntegerColumn.read(count: count, from: &reader)
        guard kinds.allSatisfy({ $0 >= 0 && $0 <= Int64(ChangeSetLimits.kindMax) }) else {
            throw reader.failure(.invalidValue, "a kind")
        }
        let contexts = try ContextColumn.read(count: count, origins: origins, from: &reader)
        records = Array(repeating: [:], count: count)
        var held = [Int64](repeating: 0, count: count)
        try readRecords(contexts, &held)
        let greatest = try IntegerColumn.read(count: count, base: held, from: &reader)
        var documents: [DocumentState] = []
        documents.reserveCapacity(count)
        for index in 0..<count {
            let high = try reader.fixed64()
            let salt = Salt(high, try reader.fixed64())
            let stamp = Stamp(greatest[index])
            guard stamp >= Stamp(held[index]), stamp <= .greatest else {
                throw reader.failure(.invalidValue, "a stamp")
            }
            documents.append(
                DocumentState(
                    name: names[index], kind: UInt32(kinds[index]), salt: salt, context: contexts[index],
                    greatest: stamp, records: records[index]))
        }
        try reader.finish("a snapshot")
        return documents
    }

    private mutating func readRecords(_ contexts: [Context], _ held: inout [Int64]) throws(DecodingFailure) {
        let count = try reader.count(limit: SnapshotCodec.itemsMax, bytesEach: 4, "record shapes")
        var shapes: [(RecordShape, Int)] = []
        var total = 0
        for _ in 0..<count {
            let shape = try RecordShape.read(&reader)
            let members = try reader.count(limit: SnapshotCodec.itemsMax, "records")
            // At most 2^19 times 2^15: no overflow.
            total += members * (shape.entries.count + shape.versions + 1)
            guard total <= SnapshotCodec.itemsMax else { throw reader.failure(.limitExceeded, "items of a snapshot") }
            shapes.append((shape, members))
        }
        for (shape, members) in shapes { try readColumns(shape, members, contexts, &held) }
    }

    private mutating func readColumns(
        _ shape: RecordShape, _ count: Int, _ contexts: [Context], _ held: inout [Int64]
    ) throws(DecodingFailure) {
        var documents: [Int] = []
        for place in try IntegerColumn.read(count: count, from: &reader) {
            guard place >= 0, place < Int64(names.count) else {
                throw reader.failure(.invalidValue, "a document's place")
            }
            documents.append(Int(place))
        }
        let bare = documents.map { ValueColumn.Row(time: 0, document: names[$0], own: names[$0].dot) }
        let recordNames = try NameColumn.read(rows: bare, origins: origins, from: &reader)
        var versions: [[(dot: Dot, stamp: Stamp)]] = []
        var base: [Int64]?
        for _ in 0..<shape.versions {
            let forms = try IntegerColumn.read(count: count, from: &reader)
            let sequences = try IntegerColumn.read(count: forms.count { $0 > 0 }, from: &reader)
            let stamps = try IntegerColumn.read(count: count, base: base, from: &reader)
            base = stamps
            var heads: [(dot: Dot, stamp: Stamp)] = []
            heads.reserveCapacity(count)
            var next = 0
            for index in 0..<count {
                var dot = recordNames[index].dot
                if forms[index] != 0 {
                    guard forms[index] > 0, let origin = origins[forms[index] - 1],
                        let sequence = Sequence32(exactly: sequences[next])
                    else { throw reader.failure(.invalidValue, "a version") }
                    next += 1
                    dot = Dot(origin, sequence)
                }
                guard dot.sequence > 0, contexts[documents[index]].covers(dot), stamps[index] >= 0,
                    Stamp(stamps[index]) <= .greatest
                else { throw reader.failure(.invalidValue, "a version outside of its document's context") }
                heads.append((dot, Stamp(stamps[index])))
                held[documents[index]] = max(held[documents[index]], stamps[index])
            }
            if let last = versions.last {
                for (earlier, later) in zip(last, heads)
                where (earlier.stamp, earlier.dot) >= (later.stamp, later.dot) {
                    throw reader.failure(.invalidValue, "versions out of order")
                }
            }
            versions.append(heads)
        }
        var values: [[Value]] = []
        var earlier: [[Int64]] = []
        for entry in shape.entries {
            let rows = (0..<count).map { index in
                ValueColumn.Row(
                    time: versions[entry.version][index].stamp.milliseconds, document: names[documents[index]],
                    own: recordNames[index].dot)
            }
            values.append(try ValueColumn.read(rows: rows, origins: origins, earlier: &earlier, from: &reader))
        }
        for index in 0..<count where shape.versions > 1 {
            guard Set(versions.map { $0[index].dot }).count == shape.versions else {
                throw reader.failure(.invalidValue, "a version twice")
            }
        }
        for index in 0..<count {
            var cells: [CellState] = []
            cells.reserveCapacity(shape.entries.count)
            for (place, entry) in shape.entries.enumerated() {
                let head = versions[entry.version][index]
                let value = values[place][index]
                try addContent(of: value)
                if place > 0, shape.entries[place - 1] == entry, !Value.precedes(values[place - 1][index], value) {
                    throw reader.failure(.invalidValue, "elements out of order")
                }
                let sibling = Sibling(head.dot, head.stamp, value)
                if let last = cells.last, last.tag == entry.field {
                    cells[cells.count - 1].others.append(sibling)
                } else {
                    cells.append(CellState(entry.field, sibling))
                }
            }
            let state = RecordState(kind: shape.kind, cells: cells)
            guard records[documents[index]].updateValue(state, forKey: recordNames[index]) == nil else {
                throw reader.failure(.invalidValue, "a record twice")
            }
        }
    }

    private mutating func addContent(of value: Value) throws(DecodingFailure) {
        switch value {
        case .text(let text): contentBytes += text.string.utf8.count
        case .bytes(let bytes): contentBytes += bytes.count
        case .null, .integer, .reference: return
        }
        guard contentBytes <= SnapshotCodec.contentBytesMax else {
            throw reader.failure(.limitExceeded, "a snapshot's content")
        }
    }
}
