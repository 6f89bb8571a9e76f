import ByteCoding
import HybridTime
import Merging

/// Reads a segment's columns back into change sets. Total: whatever the bytes, it returns a segment or a typed failure,
/// and never takes more memory than the limits allow.
struct SegmentReader {
    private let header: Segment.Header
    private var reader: ByteReader
    private var origins: OriginTable
    private var patternBudget = ChangeSetLimits.segmentContentBytesMax

    init(_ header: Segment.Header, _ body: [UInt8]) {
        self.header = header
        reader = ByteReader(body)
        origins = OriginTable(own: header.origin)
    }

    private func dot(_ index: Int) -> Dot { Dot(header.origin, header.first + Sequence32(index)) }

    mutating func read() throws(DecodingFailure) -> Segment {
        try origins.read(limit: ChangeSetLimits.originsMax, from: &reader)
        var documents = try readTable()
        let actors = try ByteDictionary.readTexts(
            limit: header.count, entryBytesMax: ChangeSetLimits.actorBytesMax, from: &reader, "an actor")
        let shapes = try readShapes()
        let shapeOf = try readPlaces(count: header.count, limit: shapes.count, "a shape's number")
        var counts = [Int](repeating: 0, count: shapes.count)
        for shape in shapeOf { counts[shape] += 1 }
        // Each write of each change set costs memory, also where a column repeats: bound them all before any is read.
        var writes = 0
        for (shape, count) in zip(shapes, counts) { writes += (shape.writes + shape.records.count) * count }
        guard writes <= ChangeSetLimits.segmentWritesMax else { throw reader.failure(.limitExceeded, "writes") }
        let times = try IntegerColumn.read(count: header.count, from: &reader)
        let groups = try IntegerColumn.read(count: header.count, from: &reader)
        let exceptions = try readExceptions(times)
        var salts: [Salt] = []
        for shape in shapeOf where shapes[shape].creates {
            let high = try reader.fixed64()
            salts.append(Salt(high, try reader.fixed64()))
        }
        let documentPlaces = try readDocuments(&documents, shapes, shapeOf, counts)
        // Columns, shape by shape; then the change sets in their order.
        var members: [[Int]] = Array(repeating: [], count: shapes.count)
        for (index, shape) in shapeOf.enumerated() { members[shape].append(index) }
        var columns: [ShapeColumns] = []
        columns.reserveCapacity(shapes.count)
        for (shape, members) in zip(shapes, members) {
            let rows = members.map { index in
                ValueColumn.Row(time: times[index], document: documents[documentPlaces[index]], own: dot(index))
            }
            columns.append(try readColumns(shape, rows, actors: actors.count))
        }
        try reader.finish("a segment")
        return try assemble(
            documents, documentPlaces, shapes, shapeOf, times, groups, exceptions, salts, columns, actors)
    }

    private mutating func readTable() throws(DecodingFailure) -> [RecordName] {
        let count = try reader.count(limit: header.count, "documents")
        let places = try IntegerColumn.read(count: count, from: &reader)
        let sequences = try IntegerColumn.read(count: count, from: &reader)
        let ordinals = try IntegerColumn.read(count: count, from: &reader)
        var names: [RecordName] = []
        names.reserveCapacity(count)
        for index in 0..<count {
            guard let origin = origins[places[index]], let sequence = Sequence32(exactly: sequences[index]),
                let ordinal = UInt16(exactly: ordinals[index]), ordinal <= ChangeSetLimits.ordinalMax
            else { throw reader.failure(.invalidValue, "a document's name") }
            let name = RecordName(origin, sequence, ordinal)
            if let last = names.last, last >= name { throw reader.failure(.invalidValue, "documents out of order") }
            names.append(name)
        }
        return names
    }

    private mutating func readShapes() throws(DecodingFailure) -> [Shape] {
        let count = try reader.count(limit: header.count, bytesEach: 1, "shapes")
        var shapes: [Shape] = []
        for _ in 0..<count { shapes.append(try Shape.read(&reader)) }
        return shapes
    }

    /// A column of numbers below `limit`.
    private mutating func readPlaces(count: Int, limit: Int, _ what: String) throws(DecodingFailure) -> [Int] {
        var places: [Int] = []
        places.reserveCapacity(count)
        for value in try IntegerColumn.read(count: count, from: &reader) {
            guard value >= 0, value < Int64(limit) else { throw reader.failure(.invalidValue, what) }
            places.append(Int(value))
        }
        return places
    }

    private struct Exceptions {
        var stamps: [Int: Int64] = [:]
        var contexts: [[Int: Context]] = []
    }

    private mutating func readIndexes() throws(DecodingFailure) -> [Int] {
        let count = try reader.count(limit: header.count, "exceptions")
        let indexes = try readPlaces(count: count, limit: header.count, "an exception's place")
        for (left, right) in zip(indexes, indexes.dropFirst()) where left >= right {
            throw reader.failure(.invalidValue, "exceptions out of order")
        }
        return indexes
    }

    private mutating func readExceptions(_ times: [Int64]) throws(DecodingFailure) -> Exceptions {
        var result = Exceptions()
        let indexes = try readIndexes()
        let stamps = try IntegerColumn.read(count: indexes.count, base: indexes.map { times[$0] }, from: &reader)
        for (index, stamp) in zip(indexes, stamps) { result.stamps[index] = stamp }
        for _ in 0..<3 {
            let indexes = try readIndexes()
            let contexts = try ContextColumn.read(count: indexes.count, origins: origins, from: &reader)
            result.contexts.append(Dictionary(uniqueKeysWithValues: zip(indexes, contexts)))
        }
        return result
    }

    private mutating func readDocuments(
        _ documents: inout [RecordName], _ shapes: [Shape], _ shapeOf: [Int], _ counts: [Int]
    ) throws(DecodingFailure) -> [Int] {
        var lasts: [[Int64]] = []
        var fresh: [[Int64]] = []
        var places: [[Int64]] = []
        for (shape, count) in zip(shapes, counts) {
            lasts.append(try IntegerColumn.read(count: shape.creates ? 0 : count, from: &reader))
            let freshCount = lasts[lasts.count - 1].count { $0 == 0 }
            fresh.append(try IntegerColumn.read(count: freshCount, from: &reader))
            places.append(try IntegerColumn.read(count: lasts[lasts.count - 1].count - freshCount, from: &reader))
        }
        let known = documents.count
        let created = zip(shapes, counts).reduce(0) { $0 + ($1.0.creates ? $1.1 : 0) }
        var queues = DocumentQueues(shapes: shapes.count, documents: known + created)
        guard fresh.reduce(0, { $0 + $1.count }) == known else {
            throw reader.failure(.invalidValue, "a document that no change set is about")
        }
        let listed = Set(documents)
        var next = [(last: Int, fresh: Int, place: Int)](repeating: (0, 0, 0), count: shapes.count)
        var result: [Int] = []
        result.reserveCapacity(shapeOf.count)
        for (index, shape) in shapeOf.enumerated() {
            if shapes[shape].creates {
                let name = RecordName(dot(index), 0)
                guard !listed.contains(name) else {
                    throw reader.failure(.invalidValue, "a document listed and created")
                }
                documents.append(name)
                queues.move(documents.count - 1, from: nil, to: shape)
                result.append(documents.count - 1)
                continue
            }
            let last = lasts[shape][next[shape].last]
            next[shape].last += 1
            if last == 0 {
                let document = fresh[shape][next[shape].fresh]
                next[shape].fresh += 1
                guard document >= 0, document < Int64(known), queues.last(Int(document)) < 0 else {
                    throw reader.failure(.invalidValue, "a document's place")
                }
                queues.move(Int(document), from: nil, to: shape)
                result.append(Int(document))
            } else {
                let place = places[shape][next[shape].place]
                next[shape].place += 1
                guard last > 0, last <= Int64(shapes.count),
                    let document = queues.document(shape: Int(last) - 1, place: place)
                else { throw reader.failure(.invalidValue, "a document's place in its queue") }
                queues.move(document, from: Int(place), to: shape)
                result.append(document)
            }
        }
        return result
    }

    private struct ShapeColumns {
        var actors: [Int]
        /// For each record of the shape, its names where they are told.
        var names: [[RecordName]]
        /// For each write of the shape, one after the other through its records.
        var values: [[Value]]
    }

    private mutating func readColumns(
        _ shape: Shape, _ rows: [ValueColumn.Row], actors: Int
    ) throws(DecodingFailure) -> ShapeColumns {
        let actorPlaces = try readPlaces(count: rows.count, limit: actors, "an actor's number")
        var columns = ShapeColumns(actors: actorPlaces, names: [], values: [])
        var earlier = [actorPlaces.map(Int64.init)]
        for record in shape.records {
            columns.names.append(
                record.reference == .explicit ? try NameColumn.read(rows: rows, origins: origins, from: &reader) : [])
            for _ in record.cells {
                columns.values.append(
                    try ValueColumn.read(
                        rows: rows, origins: origins, earlier: &earlier, budget: &patternBudget, from: &reader))
            }
        }
        return columns
    }

    private func assemble(
        _ documents: [RecordName], _ documentPlaces: [Int], _ shapes: [Shape], _ shapeOf: [Int], _ times: [Int64],
        _ groups: [Int64], _ exceptions: Exceptions, _ salts: [Salt], _ columns: [ShapeColumns], _ actors: [Text]
    ) throws(DecodingFailure) -> Segment {
        var prediction = Prediction(documents: documents)
        var next = [Int](repeating: 0, count: shapes.count)
        var nextSalt = 0
        var segmentBytes = 0
        var sets: [ChangeSet] = []
        sets.reserveCapacity(header.count)
        for index in 0..<header.count {
            let number = shapeOf[index]
            let shape = shapes[number]
            let member = next[number]
            next[number] += 1
            let dot = dot(index)
            let place = documentPlaces[index]
            let document = documents[place]
            var changes: [RecordChange] = []
            changes.reserveCapacity(shape.records.count)
            var column = 0
            var bytes = 0
            for (position, record) in shape.records.enumerated() {
                let name: RecordName =
                    switch record.reference {
                    case .own: RecordName(dot, record.ordinal)
                    case .document: RecordName(document.dot, record.ordinal)
                    case .explicit: columns[number].names[position][member]
                    }
                var writes: [Write] = []
                writes.reserveCapacity(record.cells.count)
                for cell in record.cells {
                    let value = columns[number].values[column][member]
                    switch value {
                    case .text(let text): bytes += text.string.utf8.count
                    case .bytes(let blob): bytes += blob.count
                    default: break
                    }
                    writes.append(Write(cell.field, value, cell.kind))
                    column += 1
                }
                changes.append(RecordChange(name, kind: record.kind, writes))
            }
            guard groups[index] >= 0, groups[index] < Int64(dot.sequence) else {
                throw reader.failure(.invalidValue, "a group")
            }
            let stamp = exceptions.stamps[index].map { Stamp($0) } ?? prediction.stamp(place, time: times[index])
            guard stamp >= .zero, stamp <= .greatest else { throw reader.failure(.invalidValue, "a stamp") }
            var salt: Salt?
            if shape.creates {
                salt = salts[nextSalt]
                nextSalt += 1
            }
            let set = ChangeSet(
                dot: dot, document: document, documentKind: shape.documentKind, salt: salt,
                group: dot.sequence - Sequence32(groups[index]), actor: actors[columns[number].actors[member]],
                intent: shape.intent, time: times[index], stamp: stamp,
                deps: exceptions.contexts[0][index] ?? prediction.deps(place, dot),
                seen: exceptions.contexts[1][index], authority: exceptions.contexts[2][index] ?? prediction.authority,
                changes: changes, original: index == 0 ? header.original : nil)
            if let flaw = set.flaw { throw reader.failure(.invalidValue, flaw) }
            bytes += 12 * (set.deps.entries.count + (set.seen?.entries.count ?? 0) + set.authority.entries.count)
            segmentBytes += bytes
            guard segmentBytes <= ChangeSetLimits.segmentContentBytesMax else {
                throw reader.failure(.limitExceeded, "a segment's content")
            }
            try checkSize(set, shape, contentBytes: bytes)
            prediction.advance(place, set)
            sets.append(set)
        }
        return Segment(
            origin: header.origin, changeSets: sets, documentPlaces: documentPlaces, documents: documents)
    }

    /// A change set may not pass its canonical size. Only one that might is measured.
    private func checkSize(_ set: ChangeSet, _ shape: Shape, contentBytes: Int) throws(DecodingFailure) {
        // A write's tag, head, lengths and longest name; a record's name, kind and count; a head with actor and intent.
        let most = contentBytes + 2 * contentBytes / 12 + 24 * shape.writes + 24 * shape.records.count + 512
        guard most > ChangeSetLimits.changeSetCanonicalBytesMax else { return }
        var canonical = ByteWriter()
        CanonicalForm.write(set, to: &canonical)
        guard canonical.count <= ChangeSetLimits.changeSetCanonicalBytesMax else {
            throw reader.failure(.limitExceeded, "a change set of \(canonical.count) bytes")
        }
    }
}
