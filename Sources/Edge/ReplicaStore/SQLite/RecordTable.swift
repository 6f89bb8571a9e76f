import HybridTime
import Merging

/// One record kind's table: its statements, made when they are first needed.
final class RecordTable {
    let kind: RecordKind
    /// Whether this build does not know the kind: its records share one table, every cell in the clock.
    let isUnknown: Bool
    /// For each field number below 63 the field's position, -1 for none: the clock's groups name fields by bits.
    let positionOfNumber: [Int8]
    /// The fields' tags and what their columns hold, by position: asked for every cell, so without the kind's words.
    let tags: [FieldTag]
    private let contents: [CellContent]
    /// For each field number below 64 the field's position, -1 for none.
    private let places: [Int8]
    private let connection: OpaquePointer
    /// Few masks are in use, and a scan of them takes less than a hash.
    private var updates: [(mask: UInt64, statement: Statement, positions: [Int])] = []
    private var finders: [(field: String, statement: Statement)] = []
    /// More masks than this share one statement that writes every column.
    var updatesMax = 128

    private let columns: String
    /// What tells the records of this kind from others in the table, after a condition.
    private let filter: String

    /// The table of a kind that this build does not know.
    convenience init(unknown kind: UInt32, _ connection: OpaquePointer) {
        self.init(RecordKind(kind, Tables.unknownRecord, []), connection, isUnknown: true)
    }

    init(_ kind: RecordKind, _ connection: OpaquePointer, isUnknown: Bool = false) {
        precondition(kind.fields.count <= 64, "\(kind.name) has more fields than a mask has bits")
        self.kind = kind
        self.isUnknown = isUnknown
        filter = isUnknown ? " AND kind = \(kind.tag)" : ""
        self.connection = connection
        tags = kind.fields.map(\.tag)
        contents = kind.fields.map(\.type.content)
        var places = [Int8](repeating: -1, count: 64)
        var positions = places
        for (position, field) in kind.fields.enumerated() where field.tag.number < 64 {
            places[Int(field.tag.number)] = Int8(position)
            if field.tag.number < 63, field.policy != .addWins { positions[Int(field.tag.number)] = Int8(position) }
        }
        self.places = places
        positionOfNumber = positions
        columns = kind.fields.map { ", \"\($0.name)\"" }.joined()
    }

    private var selectClockStatement: Statement?
    private var selectRowStatement: Statement?
    private var insertStatement: Statement?

    private func prepared(_ slot: inout Statement?, _ sql: @autoclosure () -> String) throws(StoreError) -> Statement {
        if let statement = slot { return statement }
        let statement = Statement(connection, sql())
        slot = statement
        return statement
    }

    /// `document, clock` of one record.
    func selectClock() throws(StoreError) -> Statement {
        try prepared(&selectClockStatement, "SELECT document, clock FROM \"\(kind.name)\" WHERE id = ?\(filter)")
    }

    /// `id, document, clock` and every field of one record.
    func selectRow() throws(StoreError) -> Statement {
        try prepared(
            &selectRowStatement, "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE id = ?\(filter)")
    }

    func insert() throws(StoreError) -> Statement {
        try prepared(
            &insertStatement,
            "INSERT INTO \"\(kind.name)\"(id, document, clock\(columns)\(isUnknown ? ", kind" : "")) VALUES (?, ?, ?"
                + String(repeating: ", ?", count: kind.fields.count) + (isUnknown ? ", \(kind.tag))" : ")"))
    }

    /// The mask of every field.
    var allFields: UInt64 { kind.fields.count == 64 ? .max : 1 << UInt64(kind.fields.count) - 1 }

    /// The mask that ``update(_:)`` writes where `mask` is asked for.
    func written(for mask: UInt64) -> UInt64 {
        updates.count < updatesMax || updates.contains { $0.mask == mask } ? mask : allFields
    }

    /// A statement that writes the clock (parameter 1), the columns of the mask in order, and last the identifier.
    func update(_ mask: UInt64) throws(StoreError) -> (statement: Statement, positions: [Int]) {
        for known in updates where known.mask == mask { return (known.statement, known.positions) }
        let written = written(for: mask)
        if written != mask { return try update(written) }
        let positions = kind.fields.indices.filter { mask >> UInt64($0) & 1 == 1 }
        let sets = positions.map { ", \"\(kind.fields[$0].name)\" = ?" }.joined()
        let statement = Statement(connection, "UPDATE \"\(kind.name)\" SET clock = ?\(sets) WHERE id = ?")
        updates.append((mask, statement, positions))
        return (statement, positions)
    }

    /// `id, document` of the first record whose field has a value.
    func find(_ field: String) throws(StoreError) -> Statement {
        for known in finders where known.field == field { return known.statement }
        let statement = Statement(
            connection, "SELECT id, document FROM \"\(kind.name)\" WHERE \"\(field)\" = ? ORDER BY id LIMIT 1")
        finders.append((field, statement))
        return statement
    }

    /// The position of a tag among the kind's fields; nil where this build does not know it.
    func position(of tag: FieldTag) -> Int? {
        guard tag.number < 64 else { return kind.position(of: tag) }
        let place = Int(places[Int(tag.number)])
        return place >= 0 && tags[place] == tag ? place : nil
    }

    /// Whether a value may stand in the column at a position.
    func admits(_ value: Value, at position: Int) -> Bool { contents[position].admits(value) }

    /// `id, document, clock` and every field of the records of the documents in a range of identifiers.
    func selectRange() throws(StoreError) -> (own: Statement, others: Statement) {
        let own = try prepared(
            &rangeOwnStatement,
            "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE id BETWEEN ? AND ?"
                + " AND (id >> 11) = (document >> 11)\(filter) ORDER BY id")
        let others = try prepared(
            &rangeOthersStatement,
            "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE document BETWEEN ? AND ?"
                + " AND (id >> 11) <> (document >> 11)\(filter) ORDER BY document, id")
        return (own, others)
    }
    /// Takes the rows of one document out of the table, of an unknown kind's table whatever their kind.
    /// - Returns: their identifiers.
    func remove(of document: LocalID) throws(StoreError) -> [LocalID] {
        let own = try prepared(
            &removeOwnStatement,
            "DELETE FROM \"\(kind.name)\" WHERE id BETWEEN ? AND ? AND document = ? RETURNING id")
        own.bind(1, document.siblingsRange.lowerBound)
        own.bind(2, document.siblingsRange.upperBound)
        own.bind(3, document.raw)
        let others = try prepared(
            &removeOthersStatement,
            "DELETE FROM \"\(kind.name)\" WHERE document = ? AND (id >> 11) <> (document >> 11) RETURNING id")
        others.bind(1, document.raw)
        var removed: [LocalID] = []
        for rows in [own, others] {
            defer { rows.reset() }
            while try rows.step() { removed.append(LocalID(raw: rows.integer(0))) }
        }
        return removed
    }
    private var removeOwnStatement: Statement?
    private var removeOthersStatement: Statement?

    private var rangeOwnStatement: Statement?
    private var rangeOthersStatement: Statement?

    /// The sibling whose value stands in the cell's own column. Nil where no column can hold it: for sets, for fields that
    /// this build does not know, and for values of another type, which an older build could not refuse.
    func inColumn(_ cell: CellState) -> Sibling? {
        guard cell.tag.mergeClass != .set, let position = position(of: cell.tag) else { return nil }
        let sibling = cell.isSingle ? cell.first : kind.fields[position].policy.shown(of: cell).sibling
        if let value = sibling.value, !admits(value, at: position) { return nil }
        return sibling
    }

    /// The field's number where the clock's groups may name it.
    func groupNumber(_ tag: FieldTag) -> UInt64? {
        guard tag.number < 63 else { return nil }
        let position = Int(positionOfNumber[Int(tag.number)])
        return position >= 0 && tags[position] == tag ? UInt64(tag.number) : nil
    }
}

extension FieldTag {
    /// The field's number without its merge class.
    var number: UInt32 { raw >> 2 }
}
