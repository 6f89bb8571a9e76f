import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Why a change set cannot be folded by this build or at all: it goes into quarantine, and everything else goes on.
struct FoldRefusal: Error, Equatable {
    let code: String
    let reason: String
}

/// Folds change sets in memory over what the store holds: every document and record touched is read once when it is first
/// needed, and written once by ``flush()``.
final class Folder {
    let origins: OriginNumbers
    let documents: DocumentTable
    let tables: [UInt32: RecordTable]
    /// Whether somebody wants to know which records were written.
    var reportsTouched = false
    private let clocks: ClockCodec
    private var clockBuffer = ByteWriter(reserving: 256)

    private(set) var loadedDocuments: [FoldingDocument] = []
    private var documentPlaces: [LocalID: Int] = [:]
    private(set) var records: [FoldingRecord] = []
    private var recordPlaces: [LocalID: Int] = [:]

    init(_ schema: Schema, _ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        documents = try DocumentTable(connection, origins)
        tables = Dictionary(uniqueKeysWithValues: schema.records.map { ($0.tag, RecordTable($0, connection)) })
        clocks = ClockCodec(origins: origins)
    }

    struct FoldingRecord {
        let id: LocalID
        let document: LocalID
        let table: RecordTable
        var state: RecordState
        var isNew: Bool
        /// Positions of fields whose column has to be written.
        var changed: UInt64 = 0
        /// Whether the values that the row holds have been read into the state.
        var hasValues: Bool
    }

    func reset() {
        loadedDocuments.removeAll(keepingCapacity: true)
        documentPlaces.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
        recordPlaces.removeAll(keepingCapacity: true)
    }

    func table(_ kind: UInt32) -> RecordTable? { tables[kind] }

    // MARK: Documents

    /// The place of a document that is here, loading it if need be.
    func document(_ name: RecordName) throws(StoreError) -> Int? {
        guard let id = try origins.knownID(name) else { return nil }
        if let place = documentPlaces[id] { return place }
        guard let loaded = try documents.load(id) else { return nil }
        return remember(loaded)
    }

    func create(_ name: RecordName, kind: UInt32, salt: Salt) throws(StoreError) -> Int {
        remember(
            FoldingDocument(
                id: try origins.localID(name), kind: kind, salt: salt, context: .empty, stamp: .zero, isNew: true,
                isChanged: true))
    }

    private func remember(_ document: FoldingDocument) -> Int {
        documentPlaces[document.id] = loadedDocuments.count
        loadedDocuments.append(document)
        return loadedDocuments.count - 1
    }

    /// Raises a document's context and stamp without any write: what a verdict makes of a change set, or a join of state.
    func cover(_ place: Int, _ dot: Dot, _ stamp: Stamp) {
        loadedDocuments[place].context.include(dot)
        if loadedDocuments[place].stamp < stamp { loadedDocuments[place].stamp = stamp }
        loadedDocuments[place].isChanged = true
    }

    func raise(_ place: Int, _ context: Context, _ stamp: Stamp) {
        loadedDocuments[place].context.formUnion(context)
        if loadedDocuments[place].stamp < stamp { loadedDocuments[place].stamp = stamp }
        loadedDocuments[place].isChanged = true
    }

    // MARK: Change sets

    /// What stands against folding a change set here; nil for nothing. Checked before anything of it is folded.
    func refusal(of set: ChangeSet, in document: FoldingDocument) -> FoldRefusal? {
        if document.kind != set.documentKind {
            return FoldRefusal(code: "document-kind", reason: "it takes the document for one of another kind")
        }
        for change in set.changes {
            guard let table = tables[change.kind] else {
                return FoldRefusal(code: "unknown-record-kind", reason: "record kind \(change.kind) needs a newer build")
            }
            for write in change.writes {
                if let position = table.kind.position(of: write.field) {
                    guard table.kind.fields[position].type.admits(write.value) else {
                        return FoldRefusal(
                            code: "malformed", reason: "\(table.kind.name).\(table.kind.fields[position].name): wrong type")
                    }
                }
                if (write.field.mergeClass == .set) != (write.kind != .set) {
                    return FoldRefusal(code: "malformed", reason: "a write's kind does not fit field \(write.field.raw)")
                }
            }
        }
        return nil
    }

    /// Folds a change set that nothing stands against and whose deps are covered.
    func fold(_ set: ChangeSet, into place: Int) throws(StoreError) {
        let document = loadedDocuments[place].id
        let removal = set.removal
        // Every record is looked up before the first is written to, so that a refusal leaves nothing by half.
        let isNew = loadedDocuments[place].isNew
        let places = try set.changes.map { change throws(StoreError) in
            try record(change.record, change.kind, document, isNew: isNew)
        }
        for (change, record) in zip(set.changes, places) {
            let table = records[record].table
            for write in change.writes {
                let position = table.kind.position(of: write.field)
                records[record].state.apply(write, dot: set.dot, stamp: set.stamp, seen: removal)
                if let position { records[record].changed |= 1 << UInt64(position) }
            }
        }
        cover(place, set.dot, set.stamp)
    }

    /// Joins a record's state as another replica holds it.
    func join(
        _ name: RecordName, _ theirs: RecordState, document place: Int, theirContext: Context
    ) throws(StoreError) {
        let document = loadedDocuments[place]
        let record = try self.record(name, theirs.kind, document.id, isNew: document.isNew)
        if records[record].isNew, records[record].state.cells.isEmpty, document.context.isEmpty {
            // Nothing here to join with, which is what a bootstrap meets for every record.
            records[record].state = theirs
        } else {
            try loadValues(record)
            records[record].state.join(theirs, context: document.context, otherContext: theirContext)
        }
        records[record].hasValues = true
        records[record].changed = .max
    }

    /// - Parameter isNew: whether the document was made just now, so that no row of it can be there.
    private func record(
        _ name: RecordName, _ kind: UInt32, _ document: LocalID, isNew: Bool
    ) throws(StoreError) -> Int {
        let id = try origins.localID(name)
        if let place = recordPlaces[id] {
            guard records[place].document == document, records[place].state.kind == kind else {
                throw .foreignRecord("it writes to a \(records[place].table.kind.name) of another document")
            }
            return place
        }
        guard let table = tables[kind] else { throw .unknownRecordKind("\(kind)") }
        if isNew {
            recordPlaces[id] = records.count
            records.append(
                FoldingRecord(
                    id: id, document: document, table: table, state: RecordState(kind: kind), isNew: true, hasValues: true))
            return records.count - 1
        }
        let select = try table.selectClock()
        select.bind(1, id.raw)
        defer { select.reset() }
        let record: FoldingRecord
        if try select.step() {
            guard select.integer(0) == document.raw else {
                throw .foreignRecord("it writes to a \(table.kind.name) of another document")
            }
            var state: Result<RecordState, StoreError> = .failure(.unknownDocument)
            select.withBytes(1) { bytes in
                state = Result { () throws(StoreError) in try clocks.read(bytes, table) }
            }
            record = FoldingRecord(
                id: id, document: document, table: table, state: try state.get(), isNew: false, hasValues: false)
        } else {
            record = FoldingRecord(
                id: id, document: document, table: table, state: RecordState(kind: kind), isNew: true, hasValues: true)
        }
        recordPlaces[id] = records.count
        records.append(record)
        return records.count - 1
    }

    /// Reads the row's values into the state, where some of its siblings still have theirs in the columns alone.
    private func loadValues(_ place: Int) throws(StoreError) {
        guard !records[place].hasValues else { return }
        let table = records[place].table
        let select = try table.selectRow()
        select.bind(1, records[place].id.raw)
        defer { select.reset() }
        guard try select.step() else { throw .damaged(place: "a \(table.kind.name)", reason: "its row is gone") }
        var failure: StoreError?
        records[place].state.fillValues { tag in
            guard let position = table.kind.position(of: tag) else { return .null }
            do throws(StoreError) {
                return try select.value(Int32(position + 3), table.kind.fields[position].type, origins)
            } catch {
                failure = error
                return .null
            }
        }
        if let failure { throw failure }
        records[place].hasValues = true
    }

    // MARK: Writing

    /// Writes every record and document that changed, and forgets them.
    /// - Parameter isLocal: whether all of it was committed here, and nothing received.
    /// - Returns: the records written.
    func flush(isLocal: Bool) throws(StoreError) -> [TouchedRecord] {
        var touched: [TouchedRecord] = []
        for place in records.indices where records[place].isNew || records[place].changed != 0 {
            try write(place)
            if reportsTouched {
                touched.append(
                    TouchedRecord(
                        name: try origins.name(records[place].id), document: try origins.name(records[place].document),
                        kind: records[place].table.kind,
                        state: records[place].hasValues ? records[place].state : nil,
                        isMadeHere: isLocal && records[place].isNew))
            }
        }
        for document in loadedDocuments where document.isChanged { try documents.save(document) }
        reset()
        return touched
    }

    private func write(_ place: Int) throws(StoreError) {
        // A cell with several siblings keeps all but the shown one in the clock: their values are needed, and so is the
        // column of a shown one that was not written now.
        if records[place].state.hasSiblings { try loadValues(place) }
        let record = records[place]
        let table = record.table
        let fields = table.kind.fields
        func shown(_ cell: CellState) -> Sibling {
            guard let position = table.kind.position(of: cell.tag) else { return cell.greatest }
            return fields[position].policy.shown(of: cell).sibling
        }
        try clocks.write(record.state, table, shown: shown, into: &clockBuffer)
        let statement: Statement
        if record.isNew {
            statement = try table.insert()
            statement.clear()
            statement.bind(1, record.id.raw)
            statement.bind(2, record.document.raw)
            statement.bind(3, clockBuffer.bytes)
            // Cells and fields both ascend by tag.
            var position = 0
            for cell in record.state.cells {
                while position < fields.count, fields[position].tag < cell.tag { position += 1 }
                guard position < fields.count, fields[position].tag == cell.tag else { continue }
                try bind(statement, Int32(position + 4), cell, fields[position], shown)
            }
        } else {
            let all: UInt64 = fields.count == 64 ? .max : 1 << UInt64(fields.count) - 1
            var mask = record.changed & all
            if !record.hasValues {
                // A write that lost to a greater one left the column's value where it was.
                for (position, field) in fields.enumerated() where mask >> UInt64(position) & 1 == 1 {
                    if let cell = record.state.cell(field.tag), cell.isSingle, cell.first.value == nil {
                        mask &= ~(1 << UInt64(position))
                    }
                }
            }
            let (update, positions) = try table.update(mask)
            statement = update
            statement.bind(1, clockBuffer.bytes)
            var parameter: Int32 = 2
            for position in positions {
                if let cell = record.state.cell(fields[position].tag) {
                    try bind(statement, parameter, cell, fields[position], shown)
                } else {
                    statement.bindNull(parameter)
                }
                parameter += 1
            }
            statement.bind(parameter, record.id.raw)
        }
        try statement.run()
    }

    private func bind(
        _ statement: Statement, _ parameter: Int32, _ cell: CellState, _ field: Field, _ shown: (CellState) -> Sibling
    ) throws(StoreError) {
        if field.policy == .addWins {
            statement.bind(parameter, SetColumn.json(cell.elements))
            return
        }
        let sibling = cell.isSingle ? cell.first : shown(cell)
        switch sibling.value {
        case .null: statement.bindNull(parameter)
        case .integer(let number)?: statement.bind(parameter, number)
        case .text(let text)?: statement.bind(parameter, text.string)
        case .bytes(let bytes)?: statement.bind(parameter, bytes)
        case .reference(let name)?: statement.bind(parameter, try origins.localID(name).raw)
        case nil: throw .damaged(place: "a \(field.name)", reason: "its value was not loaded")
        }
    }
}

/// How a set is shown in its column: a JSON array, so that SQL tools can read it.
enum SetColumn {
    static func json(_ elements: [Value]) -> String {
        "[" + elements.map(element).joined(separator: ",") + "]"
    }

    private static func element(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .integer(let number): String(number)
        case .text(let text): quoted(text.string)
        case .bytes(let bytes): quoted(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
        case .reference(let name): quoted(name.description)
        }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
