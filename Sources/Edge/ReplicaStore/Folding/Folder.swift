import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Folds change sets in memory over what the store holds: every document and record touched is read once when it is first
/// needed, and written once by ``flush()``.
final class Folder {
    let origins: OriginNumbers
    let documents: DocumentTable
    let tables: [UInt32: RecordTable]
    /// Whether somebody wants to know which records were written.
    var reportsTouched = false
    /// Whether a change set was denied; the writer sets it.
    var isVoided: (Dot) throws(StoreError) -> Bool = { _ in false }
    /// Records of a document that was made again without them.
    private var gone: [(id: LocalID, document: LocalID, kind: RecordKind)] = []
    private let clocks: ClockCodec
    private var clockBuffer = ByteWriter(reserving: 256)

    private(set) var loadedDocuments: [FoldingDocument] = []
    private var documentPlaces = PlaceTable()
    private(set) var records: [FoldingRecord] = []
    private var recordPlaces = PlaceTable()
    /// Where the records of the change set stand that is being folded.
    private var targets: [Int] = []
    private let connection: OpaquePointer
    private var unknownTables: [UInt32: RecordTable] = [:]
    /// The tables of the kinds with the least tags, by tag.
    private let firstTables: [RecordTable?]

    init(_ schema: Schema, _ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        self.connection = connection
        documents = try DocumentTable(connection, origins)
        tables = Dictionary(uniqueKeysWithValues: schema.records.map { ($0.tag, RecordTable($0, connection)) })
        firstTables = (0..<64).map { [tables] in tables[$0] }
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
        /// Whether the clock has to be written, also where no column has: a field may be unknown here.
        var isTouched = false
        /// Whether the values that the row holds have been read into the state.
        var hasValues: Bool

        mutating func fold(_ writes: [Write], _ dot: Dot, _ stamp: Stamp, seen: Context) {
            for write in writes {
                state.apply(write, dot: dot, stamp: stamp, seen: seen)
                if let position = table.position(of: write.field) { changed |= 1 << UInt64(position) }
            }
            isTouched = true
        }
    }

    func reset() {
        loadedDocuments.removeAll(keepingCapacity: true)
        documentPlaces.removeAll()
        records.removeAll(keepingCapacity: true)
        recordPlaces.removeAll()
        if !unknownTables.isEmpty { unknownTables.removeAll() }
        if !gone.isEmpty { gone.removeAll() }
    }

    /// The table of a record kind that this build knows.
    func table(known kind: UInt32) -> RecordTable? {
        kind < UInt32(firstTables.count) ? firstTables[Int(kind)] : tables[kind]
    }

    /// The table of a record kind: its own, or the one that all unknown kinds share.
    private func table(_ kind: UInt32) -> RecordTable {
        if let table = table(known: kind) ?? unknownTables[kind] { return table }
        let table = RecordTable(unknown: kind, connection)
        unknownTables[kind] = table
        return table
    }

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
        let place = loadedDocuments.count
        documentPlaces[document.id] = place
        loadedDocuments.append(document)
        return place
    }

    /// A document that nothing was folded into yet is of the kind that its first change set says.
    func adopt(_ kind: UInt32, _ place: Int) {
        if loadedDocuments[place].kind != kind, loadedDocuments[place].isNew, loadedDocuments[place].context.isEmpty {
            loadedDocuments[place].kind = kind
        }
    }

    /// Raises a document's context and stamp without any write: what a verdict makes of a change set, or a join of state.
    func cover(_ place: Int, _ dot: Dot, _ stamp: Stamp) {
        loadedDocuments[place].cover(dot, stamp)
    }

    func raise(_ place: Int, _ context: Context, _ stamp: Stamp) {
        loadedDocuments[place].context.formUnion(context)
        if loadedDocuments[place].stamp < stamp { loadedDocuments[place].stamp = stamp }
        loadedDocuments[place].isChanged = true
    }

    // MARK: Change sets

    /// Folds a change set that nothing stands against and whose deps are covered.
    /// - Throws: ``StoreError/foreignRecord(_:)``; nothing of it is then folded.
    func fold(_ set: ChangeSet, into place: Int) throws(StoreError) {
        // Every record is looked up before the first is written to, and new ones go again if one is refused.
        let count = records.count
        let (document, isNew) = (loadedDocuments[place].id, loadedDocuments[place].isNew)
        targets.removeAll(keepingCapacity: true)
        do throws(StoreError) {
            for change in set.changes {
                targets.append(try record(change.record, change.kind, document, isNew: isNew, of: set.dot))
            }
        } catch {
            while records.count > count { recordPlaces[records.removeLast().id] = nil }
            throw error
        }
        let removal = set.removal
        for (index, change) in set.changes.enumerated() {
            records[targets[index]].fold(change.writes, set.dot, set.stamp, seen: removal)
        }
        cover(place, set.dot, set.stamp)
    }

    /// Joins a record's state as another replica holds it.
    func join(
        _ name: RecordName, _ theirs: RecordState, document place: Int, theirContext: Context
    ) throws(StoreError) {
        let document = loadedDocuments[place]
        let record = try self.record(name, theirs.kind, document.id, isNew: document.isNew, of: nil)
        if records[record].isNew, records[record].state.cells.isEmpty, document.context.isEmpty {
            // Nothing here to join with, which is what a bootstrap meets for every record.
            records[record].state = theirs
        } else {
            try loadValues(record)
            records[record].state.join(theirs, context: document.context, otherContext: theirContext)
        }
        records[record].hasValues = true
        records[record].changed = .max
        records[record].isTouched = true
    }

    /// Puts a document's state in place of the one that is here, whatever that is. Nothing of it may be loaded yet.
    func replace(_ place: Int, with state: DocumentState) throws(StoreError) {
        let document = loadedDocuments[place]
        for table in Array(tables.values) {
            for id in try table.remove(of: document.id) { gone.append((id, document.id, table.kind)) }
        }
        for id in try RecordTable(unknown: 0, connection).remove(of: document.id) { recordPlaces[id] = nil }
        for (name, record) in state.records {
            let place = append(try origins.localID(name), document.id, table(record.kind))
            records[place].state = record
            records[place].isTouched = true
        }
        loadedDocuments[place].context = state.context
        loadedDocuments[place].stamp = state.greatest
        loadedDocuments[place].isChanged = true
    }

    /// The place of a record, read from its row if need be.
    ///
    /// Only the change set that a record is named after makes it (or, for names that are hashes, any in the document of
    /// that hash): whoever writes to another must have met it in this very document. So a name can neither be taken in
    /// another document before its own change set arrives nor stand for a second kind.
    /// - Parameter maker: the change set that writes; nil for a join of state, which may bring any record.
    private func record(
        _ name: RecordName, _ kind: UInt32, _ document: LocalID, isNew isDocumentNew: Bool, of maker: Dot?
    ) throws(StoreError) -> Int {
        guard name.origin.bits != 0 else { throw .foreignRecord("it writes to a record that no replica named") }
        let id = try origins.localID(name)
        if let place = recordPlaces[id] {
            guard records[place].document == document, records[place].state.kind == kind else {
                throw .foreignRecord("it writes to a record of another document or kind")
            }
            return place
        }
        let table = table(kind)
        var mayMake =
            maker.map { name.dot == $0 || name.isHash && id.siblingsRange.contains(document.raw) } ?? true
        // No row of a document that was made just now can be there, as far as the name is its own.
        if isDocumentNew, mayMake { return append(id, document, table) }
        let select = try table.selectClock()
        select.bind(1, id.raw)
        defer { select.reset() }
        guard try select.step() else {
            // The change set that made it was denied: whoever had met it there goes on with an empty one.
            if !mayMake { mayMake = try isVoided(name.dot) }
            guard mayMake else { throw .foreignRecord("it writes to a record that is not in this document") }
            return append(id, document, table)
        }
        guard select.integer(0) == document.raw else {
            throw .foreignRecord("it writes to a \(table.kind.name) of another document")
        }
        var state: Result<RecordState, StoreError> = .failure(.unknownDocument)
        select.withBytes(1) { bytes in
            state = Result { () throws(StoreError) in try clocks.read(bytes, table) }
        }
        let place = records.count
        recordPlaces[id] = place
        records.append(
            FoldingRecord(
                id: id, document: document, table: table, state: try state.get(), isNew: false, hasValues: false))
        return place
    }

    private func append(_ id: LocalID, _ document: LocalID, _ table: RecordTable) -> Int {
        let place = records.count
        recordPlaces[id] = place
        records.append(
            FoldingRecord(
                id: id, document: document, table: table, state: RecordState(kind: table.kind.tag), isNew: true,
                hasValues: true))
        return place
    }

    /// Takes up a row whose clock holds cells that this build now has columns for, or a table of its own.
    /// - Parameter fields: the tags that are new to the row.
    func revive(
        _ id: LocalID, _ document: LocalID, _ state: RecordState, _ table: RecordTable, _ fields: Set<UInt32>,
        isNew: Bool
    ) {
        var changed: UInt64 = 0
        for (position, field) in table.kind.fields.enumerated()
        where fields.contains(field.tag.raw) && state.cell(field.tag) != nil {
            changed |= 1 << UInt64(position)
        }
        guard isNew || changed != 0 else { return }
        recordPlaces[id] = records.count
        records.append(
            FoldingRecord(
                id: id, document: document, table: table, state: state, isNew: isNew, changed: changed,
                isTouched: true, hasValues: isNew))
    }

    /// The clock in a row's column.
    func state(_ row: Statement, _ column: Int32, _ table: RecordTable) throws(StoreError) -> RecordState {
        try row.withBytes(column) { bytes in
            Result { () throws(StoreError) in try clocks.read(bytes, table) }
        }.get()
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
        for place in records.indices where records[place].isNew || records[place].isTouched {
            try write(place)
            if reportsTouched, !records[place].table.isUnknown {
                touched.append(
                    TouchedRecord(
                        name: try origins.name(records[place].id), document: try origins.name(records[place].document),
                        kind: records[place].table.kind,
                        state: records[place].hasValues ? records[place].state : nil,
                        isMadeHere: isLocal && records[place].isNew))
            }
        }
        if reportsTouched {
            for record in gone where recordPlaces[record.id] == nil {
                touched.append(
                    TouchedRecord(
                        name: try origins.name(record.id), document: try origins.name(record.document),
                        kind: record.kind, state: nil, isMadeHere: false))
            }
        }
        for document in changedDocuments {
            if document.isGone { try documents.remove(document.id) } else { try documents.save(document) }
        }
        reset()
        return touched
    }

    /// The documents that the next flush writes. One that was made for change sets which then had to wait or were put aside
    /// is not there yet.
    var changedDocuments: [FoldingDocument] {
        loadedDocuments.filter { $0.isChanged && !($0.isNew && $0.context.isEmpty) }
    }

    /// Takes the digests of changed documents out of their rows and out of the sum.
    /// - Returns: the documents that had one, each with it.
    func voidDigests() throws(StoreError) -> [(document: LocalID, digest: Digest256)] {
        var void: [(document: LocalID, digest: Digest256)] = []
        for place in loadedDocuments.indices
        where loadedDocuments[place].hasDigest && loadedDocuments[place].isChanged {
            loadedDocuments[place].hasDigest = false
            let id = loadedDocuments[place].id
            void.append((id, try documents.voidDigest(id)))
        }
        guard !void.isEmpty else { return [] }
        try documents.setDigestSum(void.reduce(try documents.digestSum()) { $0 &- $1.digest })
        return void
    }

    /// The record as the next flush writes it; nil where it is not written.
    func writtenRecord(_ id: LocalID) -> RecordState? {
        guard let place = recordPlaces[id], records[place].isNew || records[place].isTouched else { return nil }
        return records[place].state
    }

    /// Takes a document and all of its records out of the store. Nothing of it may be loaded yet.
    func remove(_ place: Int) throws(StoreError) {
        let document = loadedDocuments[place]
        for table in Array(tables.values) {
            for id in try table.remove(of: document.id) { gone.append((id, document.id, table.kind)) }
        }
        _ = try RecordTable(unknown: 0, connection).remove(of: document.id)
        loadedDocuments[place].isGone = true
        loadedDocuments[place].isChanged = true
    }

    private func write(_ place: Int) throws(StoreError) {
        // A cell with several siblings keeps all but the shown one in the clock: their values are needed, and so is the
        // column of a shown one that was not written now.
        if records[place].state.hasSiblings { try loadValues(place) }
        let table = records[place].table
        let fields = table.kind.fields
        var mask = records[place].changed & table.allFields
        if !records[place].isNew, !records[place].hasValues {
            // A write that lost to a greater one left the column's value where it was.
            for (position, field) in fields.enumerated() where mask >> UInt64(position) & 1 == 1 {
                if let cell = records[place].state.cell(field.tag), cell.isSingle, cell.first.value == nil {
                    mask &= ~(1 << UInt64(position))
                }
            }
            // A statement that writes more columns than were written now needs the values of the others.
            if table.written(for: mask) != mask { try loadValues(place) }
        }
        let record = records[place]
        try clocks.write(record.state, table, into: &clockBuffer)
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
                try bind(statement, Int32(position + 4), cell, fields[position], table)
            }
        } else {
            let (update, positions) = try table.update(mask)
            statement = update
            statement.bind(1, clockBuffer.bytes)
            var parameter: Int32 = 2
            for position in positions {
                if let cell = record.state.cell(fields[position].tag) {
                    try bind(statement, parameter, cell, fields[position], table)
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
        _ statement: Statement, _ parameter: Int32, _ cell: CellState, _ field: Field, _ table: RecordTable
    ) throws(StoreError) {
        if field.tag.mergeClass == .set {
            statement.bind(parameter, SetColumn.json(cell.elements))
            return
        }
        guard let sibling = table.inColumn(cell) else { return statement.bindNull(parameter) }
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
