import ByteCoding
import HybridTime
import Merging

/// Reads the columns of a snapshot back.
struct SnapshotReader {
    private var reader: ByteReader
    private var origins = OriginTable()
    private var names: [RecordName] = []
    private var records: [[RecordName: RecordState]] = []
    /// What the versions of each document's records add up to.
    private var implied: [Context] = []
    private var contentBytes = 0
    private var patternBudget = SnapshotCodec.contentBytesMax

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
        records = Array(repeating: [:], count: count)
        implied = Array(repeating: .empty, count: count)
        var held = [Int64](repeating: 0, count: count)
        var dots = try DotTable(limit: SnapshotCodec.itemsMax, origins: origins, from: &reader)
        try readRecords(&dots, &held)
        guard dots.areAllUsed else { throw reader.failure(.invalidValue, "a dot that left nothing") }
        let contexts = try readContexts()
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

    private mutating func readContexts() throws(DecodingFailure) -> [Context] {
        let count = try reader.count(limit: names.count, "contexts")
        let places = try IntegerColumn.read(count: count, from: &reader)
        var last: Int64 = -1
        for place in places {
            guard place > last, place < Int64(names.count) else {
                throw reader.failure(.invalidValue, "a context's document")
            }
            last = place
        }
        var contexts = implied
        for (place, context) in zip(places, try ContextColumn.read(count: count, origins: origins, from: &reader)) {
            guard context.covers(implied[Int(place)]) else {
                throw reader.failure(.invalidValue, "a version outside of its document's context")
            }
            contexts[Int(place)] = context
        }
        return contexts
    }

    private mutating func readRecords(_ dots: inout DotTable, _ held: inout [Int64]) throws(DecodingFailure) {
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
        for (shape, members) in shapes { try readColumns(shape, members, &dots, &held) }
    }

    private mutating func readColumns(
        _ shape: RecordShape, _ count: Int, _ dots: inout DotTable, _ held: inout [Int64]
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
        var versions: [[RecordVersion]] = []
        for _ in 0..<shape.versions {
            let forms = try IntegerColumn.read(count: count, from: &reader)
            var heads: [RecordVersion] = []
            heads.reserveCapacity(count)
            for index in 0..<count {
                guard let head = dots.entry(form: forms[index], of: recordNames[index]) else {
                    throw reader.failure(.invalidValue, "a version")
                }
                heads.append(head)
                implied[documents[index]].include(head.dot)
                guard implied[documents[index]].entries.count <= ChangeSetLimits.contextEntriesMax else {
                    throw reader.failure(.limitExceeded, "context entries")
                }
                held[documents[index]] = max(held[documents[index]], head.stamp.milliseconds)
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
            values.append(
                try ValueColumn.read(
                    rows: rows, origins: origins, earlier: &earlier, budget: &patternBudget, from: &reader))
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
