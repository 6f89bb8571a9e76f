import HybridTime
import Merging

/// One record kind's table: its statements, made when they are first needed.
final class RecordTable {
    let kind: RecordKind
    /// For each field number below 63 the field's position, -1 for none: the clock's groups name fields by bits.
    let positionOfNumber: [Int8]
    private let connection: OpaquePointer
    private var updates: [UInt64: (statement: Statement, positions: [Int])] = [:]
    /// More masks than this share one statement that writes every column.
    private static let updatesMax = 128

    private let columns: String
    private(set) lazy var columnNames = kind.fields.map { "\"\($0.name)\"" }

    init(_ kind: RecordKind, _ connection: OpaquePointer) {
        precondition(kind.fields.count <= 64, "\(kind.name) has more fields than a mask has bits")
        self.kind = kind
        self.connection = connection
        var positions = [Int8](repeating: -1, count: 63)
        for (position, field) in kind.fields.enumerated() where field.tag.number < 63 && field.policy != .addWins {
            positions[Int(field.tag.number)] = Int8(position)
        }
        positionOfNumber = positions
        columns = kind.fields.map { ", \"\($0.name)\"" }.joined()
    }

    private var selectClockStatement: Statement?
    private var selectRowStatement: Statement?
    private var insertStatement: Statement?

    private func prepared(_ slot: inout Statement?, _ sql: @autoclosure () -> String) throws(StoreError) -> Statement {
        if let statement = slot { return statement }
        let statement = try Statement(connection, sql())
        slot = statement
        return statement
    }

    /// `document, clock` of one record.
    func selectClock() throws(StoreError) -> Statement {
        try prepared(&selectClockStatement, "SELECT document, clock FROM \"\(kind.name)\" WHERE id = ?")
    }

    /// `id, document, clock` and every field of one record.
    func selectRow() throws(StoreError) -> Statement {
        try prepared(&selectRowStatement, "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE id = ?")
    }

    func insert() throws(StoreError) -> Statement {
        try prepared(
            &insertStatement,
            "INSERT INTO \"\(kind.name)\"(id, document, clock\(columns)) VALUES (?, ?, ?"
                + String(repeating: ", ?", count: kind.fields.count) + ")")
    }

    /// A statement that writes the clock (parameter 1), the columns of the mask in order, and last the identifier.
    func update(_ mask: UInt64) throws(StoreError) -> (statement: Statement, positions: [Int]) {
        if let known = updates[mask] { return known }
        let all: UInt64 = kind.fields.count == 64 ? .max : 1 << UInt64(kind.fields.count) - 1
        if updates.count >= RecordTable.updatesMax, mask != all { return try update(all) }
        let positions = kind.fields.indices.filter { mask >> UInt64($0) & 1 == 1 }
        let sets = positions.map { ", \"\(kind.fields[$0].name)\" = ?" }.joined()
        let statement = try Statement(connection, "UPDATE \"\(kind.name)\" SET clock = ?\(sets) WHERE id = ?")
        updates[mask] = (statement, positions)
        return (statement, positions)
    }

    /// `id, document, clock` and every field of the records of the documents in a range of identifiers.
    func selectRange() throws(StoreError) -> (own: Statement, others: Statement) {
        let own = try prepared(
            &rangeOwnStatement,
            "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE id BETWEEN ? AND ?"
                + " AND (id >> 11) = (document >> 11) ORDER BY id")
        let others = try prepared(
            &rangeOthersStatement,
            "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE document BETWEEN ? AND ?"
                + " AND (id >> 11) <> (document >> 11) ORDER BY document, id")
        return (own, others)
    }
    private var rangeOwnStatement: Statement?
    private var rangeOthersStatement: Statement?
}

extension FieldTag {
    /// The field's number without its merge class.
    var number: UInt32 { raw >> 2 }
}
