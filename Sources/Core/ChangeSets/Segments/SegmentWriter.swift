import ByteCoding
import HybridTime
import Merging

/// Lays a segment's change sets out in columns (Protocol, "Segment body").
struct SegmentWriter {
    /// The body, and the same bytes cut where columns end, for the compressor to start new blocks at.
    struct Body {
        var bytes: [UInt8]
        var parts: [ArraySlice<UInt8>]
    }

    private let segment: Segment
    private var out = ByteWriter(reserving: 1 << 14)
    private var cuts: [Int] = []
    private var origins: OriginTable
    /// A shorter part shares its neighbour's block: a block's code table costs some 60 bytes.
    private static let partBytesMin = 320

    init(_ segment: Segment) {
        self.segment = segment
        origins = OriginTable(own: segment.origin)
    }

    private mutating func cut() {
        if out.count - (cuts.last ?? 0) >= SegmentWriter.partBytesMin { cuts.append(out.count) }
    }

    mutating func write() -> Body {
        // Origins come first for the reader, but are collected on the way: the columns go to a writer of their own.
        let sets = segment.changeSets
        var shapes: [Shape] = []
        var shapePlaces: [Shape: Int] = [:]
        let shapeOf = sets.map { set in
            let shape = Shape(set)
            if let place = shapePlaces[shape] { return place }
            shapePlaces[shape] = shapes.count
            shapes.append(shape)
            return shapes.count - 1
        }
        let created = Set(sets.enumerated().filter { shapes[shapeOf[$0.offset]].creates }.map(\.element.document))
        let known = segment.documents.filter { !created.contains($0) }.sorted()
        var documentPlaces: [RecordName: Int] = [:]
        for name in known { documentPlaces[name] = documentPlaces.count }
        writeTable(known)
        var actors = ByteDictionary()
        let actorOf = sets.map { actors.place(of: Array($0.actor.string.utf8)) }
        actors.write(to: &out)
        out.count(shapes.count)
        for shape in shapes { shape.write(to: &out) }
        cut()
        IntegerColumn.write(shapeOf.map(Int64.init), to: &out)
        cut()
        IntegerColumn.write(sets.map(\.time), to: &out)
        cut()
        IntegerColumn.write(sets.map { Int64($0.dot.sequence - $0.group) }, to: &out)
        writePredicted(sets)
        cut()
        // Documents, by the queues of the shapes that last touched them.
        var members: [[Int]] = Array(repeating: [], count: shapes.count)
        var lasts: [[Int64]] = Array(repeating: [], count: shapes.count)
        var fresh: [[Int64]] = Array(repeating: [], count: shapes.count)
        var places: [[Int64]] = Array(repeating: [], count: shapes.count)
        var queues = DocumentQueues(shapes: shapes.count, documents: segment.documents.count)
        for (index, set) in sets.enumerated() {
            let shape = shapeOf[index]
            members[shape].append(index)
            if shapes[shape].creates {
                let document = documentPlaces.count
                documentPlaces[set.document] = document
                queues.move(document, from: nil, to: shape)
                continue
            }
            guard let document = documentPlaces[set.document] else { preconditionFailure("every document has a place") }
            let last = queues.last(document)
            lasts[shape].append(Int64(last + 1))
            if last < 0 {
                fresh[shape].append(Int64(document))
                queues.move(document, from: nil, to: shape)
            } else {
                let place = queues.place(of: document)
                places[shape].append(Int64(place))
                queues.move(document, from: place, to: shape)
            }
        }
        for shape in shapes.indices {
            IntegerColumn.write(lasts[shape], to: &out)
            IntegerColumn.write(fresh[shape], to: &out)
            IntegerColumn.write(places[shape], to: &out)
            cut()
        }
        for (number, shape) in shapes.enumerated() { writeColumns(shape, members[number], actorOf) }
        return body()
    }

    /// The origins that the columns turned out to need stand in front of them.
    private func body() -> Body {
        var head = ByteWriter()
        origins.write(from: 1, to: &head)
        let bytes = head.bytes + out.bytes
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        for cut in cuts.map({ $0 + head.count }) where bytes.count - cut >= SegmentWriter.partBytesMin {
            parts.append(bytes[start..<cut])
            start = cut
        }
        parts.append(bytes[start...])
        return Body(bytes: bytes, parts: parts)
    }

    private mutating func writeTable(_ names: [RecordName]) {
        out.count(names.count)
        IntegerColumn.write(names.map { origins.place(of: $0.origin) }, to: &out)
        IntegerColumn.write(names.map { Int64($0.sequence) }, to: &out)
        IntegerColumn.write(names.map { Int64($0.ordinal) }, to: &out)
    }

    /// Stamps, deps, seen and authority, each only where it differs from what the reader predicts.
    private mutating func writePredicted(_ sets: [ChangeSet]) {
        var prediction = Prediction(documents: segment.documents)
        var stamps: [(Int, Int64)] = []
        var deps: [(Int, Context)] = []
        var seen: [(Int, Context)] = []
        var authorities: [(Int, Context)] = []
        for (index, set) in sets.enumerated() {
            let place = segment.documentPlaces[index]
            if set.stamp != prediction.stamp(place, time: set.time) { stamps.append((index, set.stamp.milliseconds)) }
            if set.deps != prediction.deps(place, set.dot) { deps.append((index, set.deps)) }
            if let context = set.seen { seen.append((index, context)) }
            if set.authority != prediction.authority { authorities.append((index, set.authority)) }
            prediction.advance(place, set)
        }
        writeIndexes(stamps.map(\.0))
        IntegerColumn.write(stamps.map(\.1), base: stamps.map { sets[$0.0].time }, to: &out)
        for contexts in [deps, seen, authorities] {
            writeIndexes(contexts.map(\.0))
            ContextColumn.write(contexts.map(\.1), origins: &origins, to: &out)
            cut()
        }
        // Salts are random: they stand alone, as they are.
        for set in sets {
            guard let salt = set.salt, set.document == RecordName(set.dot, 0) else { continue }
            out.fixed64(salt.high)
            out.fixed64(salt.low)
        }
    }

    private mutating func writeIndexes(_ indexes: [Int]) {
        out.count(indexes.count)
        IntegerColumn.write(indexes.map(Int64.init), to: &out)
    }

    private mutating func writeColumns(_ shape: Shape, _ members: [Int], _ actorOf: [Int64]) {
        let sets = segment.changeSets
        let rows = members.map { index in
            ValueColumn.Row(time: sets[index].time, document: sets[index].document, own: sets[index].dot)
        }
        let actors = members.map { actorOf[$0] }
        IntegerColumn.write(actors, to: &out)
        var earlier = [actors]
        for (position, record) in shape.records.enumerated() {
            if record.reference == .explicit {
                NameColumn.write(
                    zip(members, rows).map { (sets[$0].changes[position].record, $1) }, origins: &origins, to: &out)
            }
            for cell in record.cells.indices {
                let values = members.map { sets[$0].changes[position].writes[cell].value }
                ValueColumn.write(values, rows: rows, origins: &origins, earlier: &earlier, to: &out)
                cut()
            }
        }
    }
}

/// What a reader expects of a change set from those before it in the segment.
struct Prediction {
    private let documents: [RecordName]
    private var deps: [Context?]
    private var stamps: [Stamp]
    private(set) var authority = Context.empty

    init(documents: [RecordName]) {
        self.documents = documents
        deps = Array(repeating: nil, count: documents.count)
        stamps = Array(repeating: .zero, count: documents.count)
    }

    /// Its time, or one more than the document's stamp before it.
    func stamp(_ document: Int, time: Int64) -> Stamp { stamps[document].next(wallTime: time) }

    /// The deps of the document's change set before it and that one's dot; at first the dot that created the document,
    /// and nothing for the change set that creates it or for a document named by a hash.
    func deps(_ document: Int, _ dot: Dot) -> Context {
        if let known = deps[document] { return known }
        let name = documents[document]
        return name.isHash || name.dot == dot ? .empty : Context(name.dot)
    }

    mutating func advance(_ document: Int, _ set: ChangeSet) {
        var next = set.deps
        next.include(set.dot)
        deps[document] = next
        stamps[document] = set.stamp
        authority = set.authority
    }
}

/// A column of contexts: their sizes, then all origins, then all sequences.
enum ContextColumn {
    static func write(_ contexts: [Context], origins: inout OriginTable, to out: inout ByteWriter) {
        IntegerColumn.write(contexts.map { Int64($0.entries.count) }, to: &out)
        let entries = contexts.flatMap(\.entries)
        IntegerColumn.write(entries.map { origins.place(of: $0.origin) }, to: &out)
        IntegerColumn.write(entries.map { Int64($0.sequence) }, to: &out)
    }

    static func read(
        count: Int, origins: OriginTable, from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Context] {
        let sizes = try IntegerColumn.read(count: count, from: &reader)
        var total = 0
        for size in sizes {
            guard size >= 0, size <= Int64(ChangeSetLimits.contextEntriesMax) else {
                throw reader.failure(.limitExceeded, "context entries")
            }
            total += Int(size)
        }
        guard total <= ChangeSetLimits.contextColumnEntriesMax else {
            throw reader.failure(.limitExceeded, "context entries")
        }
        let places = try IntegerColumn.read(count: total, from: &reader)
        let sequences = try IntegerColumn.read(count: total, from: &reader)
        var next = 0
        var contexts: [Context] = []
        contexts.reserveCapacity(count)
        for size in sizes {
            var entries: [Context.Entry] = []
            for _ in 0..<size {
                guard let origin = origins[places[next]], let sequence = Sequence32(exactly: sequences[next]) else {
                    throw reader.failure(.invalidValue, "a context entry")
                }
                entries.append(Context.Entry(origin, sequence))
                next += 1
            }
            guard let context = Context(entries: entries) else {
                throw reader.failure(.invalidValue, "a context's order")
            }
            contexts.append(context)
        }
        return contexts
    }
}
