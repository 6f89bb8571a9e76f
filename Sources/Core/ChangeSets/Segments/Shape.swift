import ByteCoding
import Merging

/// What the change sets of one command have in common: everything but the values. Change sets are grouped by it, and
/// each group's values stand in columns.
struct Shape: Hashable {
    /// How a record's name follows from its change set.
    enum Reference: UInt8 {
        /// Made by this change set: its own dot and the shape's ordinal.
        case own = 0
        /// Made together with its document: the document's dot and the shape's ordinal.
        case document = 1
        /// Told in a name column.
        case explicit = 2
    }

    struct Cell: Hashable {
        let field: FieldTag
        let kind: WriteKind
    }

    struct Record: Hashable {
        let kind: UInt32
        let reference: Reference
        /// 0 where the name is told.
        let ordinal: UInt16
        let cells: [Cell]
    }

    let intent: Text
    let documentKind: UInt32
    /// The document is made by this change set; its salt is told.
    let creates: Bool
    let records: [Record]

    var writes: Int { records.reduce(0) { $0 + $1.cells.count } }

    init(_ set: ChangeSet) {
        intent = set.intent
        documentKind = set.documentKind
        creates = set.salt != nil && set.document == RecordName(set.dot, 0)
        records = set.changes.map { change in
            let reference: Reference =
                change.record.dot == set.dot ? .own : change.record.dot == set.document.dot ? .document : .explicit
            return Record(
                kind: change.kind, reference: reference, ordinal: reference == .explicit ? 0 : change.record.ordinal,
                cells: change.writes.map { Cell(field: $0.field, kind: $0.kind) })
        }
    }

    private init(intent: Text, documentKind: UInt32, creates: Bool, records: [Record]) {
        self.intent = intent
        self.documentKind = documentKind
        self.creates = creates
        self.records = records
    }

    func write(to out: inout ByteWriter) {
        out.text(intent.string)
        out.varint(UInt64(documentKind))
        out.byte(creates ? 1 : 0)
        out.count(records.count)
        for record in records {
            out.varint(UInt64(record.kind))
            out.byte(record.reference.rawValue)
            if record.reference != .explicit { out.varint(UInt64(record.ordinal)) }
            out.count(record.cells.count)
            for cell in record.cells {
                out.varint(UInt64(cell.field.raw) << 2 | UInt64(cell.kind.rawValue))
            }
        }
    }

    static func read(_ reader: inout ByteReader) throws(DecodingFailure) -> Shape {
        let intent = Text(try reader.text(limit: ChangeSetLimits.intentBytesMax, "an intent"))
        let documentKind = UInt32(try reader.count(limit: ChangeSetLimits.kindMax, "a document kind"))
        let creates = try reader.byte()
        guard creates < 2 else { throw reader.failure(.invalidValue, "a shape's flags") }
        let count = try reader.count(limit: ChangeSetLimits.changeSetRecordsMax, "a shape's records")
        var records: [Record] = []
        var writes = 0
        for _ in 0..<count {
            let kind = UInt32(try reader.count(limit: ChangeSetLimits.kindMax, "a record kind"))
            guard let reference = Reference(rawValue: try reader.byte()) else {
                throw reader.failure(.invalidValue, "a record's reference")
            }
            let ordinal =
                reference == .explicit ? 0 : try reader.count(limit: Int(ChangeSetLimits.ordinalMax), "an ordinal")
            let cellCount = try reader.count(
                limit: ChangeSetLimits.changeSetWritesMax - writes, bytesEach: 1, "a shape's writes")
            writes += cellCount
            var cells: [Cell] = []
            for _ in 0..<cellCount {
                let packed = try reader.count(limit: Int(FieldTag.rawMax) << 2 | 3, "a field tag")
                let field = FieldTag(raw: UInt32(packed >> 2))
                guard let kind = WriteKind(rawValue: UInt8(packed & 3)), kind.suits(field.mergeClass) else {
                    throw reader.failure(.invalidValue, "a write's kind")
                }
                cells.append(Cell(field: field, kind: kind))
            }
            records.append(Record(kind: kind, reference: reference, ordinal: UInt16(ordinal), cells: cells))
        }
        return Shape(intent: intent, documentKind: documentKind, creates: creates == 1, records: records)
    }
}

/// Predicts which document comes next: documents wait in a queue for each shape that last touched them, oldest first.
/// People pass through a day in much the same order at each step, so places in these queues are small or constant.
/// The writer and the reader run the same queues.
struct DocumentQueues {
    private var queues: [[Int32]]
    private var lastShape: [Int32]

    init(shapes: Int, documents: Int) {
        queues = Array(repeating: [], count: shapes)
        lastShape = Array(repeating: -1, count: documents)
    }

    /// The shape that last touched a document, -1 for none.
    func last(_ document: Int) -> Int { Int(lastShape[document]) }

    func place(of document: Int) -> Int {
        queues[last(document)].firstIndex(of: Int32(document)) ?? 0
    }

    func document(shape: Int, place: Int64) -> Int? {
        shape >= 0 && shape < queues.count && place >= 0 && place < Int64(queues[shape].count)
            ? Int(queues[shape][Int(place)]) : nil
    }

    /// - Parameter place: where the document stands in the queue of the shape that last touched it.
    mutating func move(_ document: Int, from place: Int?, to shape: Int) {
        if let place { queues[last(document)].remove(at: place) }
        queues[shape].append(Int32(document))
        lastShape[document] = Int32(shape)
    }
}
