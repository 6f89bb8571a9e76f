import GRDB
import GRDBSQLite
import HybridTime
import Merging

/// A record out of the store: its values and every sibling.
public struct StoredRecord: Hashable, Sendable {
    public let name: RecordName
    public let document: RecordName
    public let state: RecordState
}

/// Reads records by name, by document and by indexed field, all of one moment.
public final class RecordReader {
    private let connection: OpaquePointer
    private let origins: OriginNumbers
    private let tables: [UInt32: RecordTable]
    private let clocks: ClockCodec
    private let documents: DocumentTable
    private var lookups: [Lookup: Statement] = [:]

    private struct Lookup: Hashable {
        let kind: UInt32
        let fields: [FieldTag]
    }

    init(
        _ connection: OpaquePointer, _ origins: OriginNumbers, _ documents: DocumentTable,
        _ tables: [UInt32: RecordTable]
    ) {
        self.connection = connection
        self.origins = origins
        self.documents = documents
        self.tables = tables
        clocks = ClockCodec(origins: origins)
    }

    private func table(_ kind: RecordKind) throws(StoreError) -> RecordTable {
        guard let table = tables[kind.tag] else { throw .unknownRecordKind(kind.name) }
        return table
    }

    public func record(_ name: RecordName, _ kind: RecordKind) throws(StoreError) -> StoredRecord? {
        guard let id = try origins.knownID(name) else { return nil }
        let table = try table(kind)
        let select = try table.selectRow()
        select.bind(1, id.raw)
        defer { select.reset() }
        guard try select.step() else { return nil }
        return try record(select, table)
    }

    /// The records whose shown values equal all of `matches`, ascending by name. An index of the kind has to begin with
    /// these fields, or SQLite would scan.
    public func records(_ kind: RecordKind, matching matches: [(field: Field, value: Value)]) throws(StoreError)
        -> [StoredRecord]
    {
        let table = try table(kind)
        let key = Lookup(kind: kind.tag, fields: matches.map(\.field.tag))
        let select: Statement
        if let known = lookups[key] {
            select = known
        } else {
            let columns = kind.fields.map { ", \"\($0.name)\"" }.joined()
            let conditions = matches.map { "\"\($0.field.name)\" = ?" }.joined(separator: " AND ")
            select = Statement(
                connection, "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE \(conditions)")
            lookups[key] = select
        }
        for (index, match) in matches.enumerated() {
            guard try select.bind(Int32(index + 1), match.value, origins) else { return [] }
        }
        return try all(select, table).sorted { $0.name < $1.name }
    }

    /// The records of one kind in one document, ascending by name.
    public func records(in document: RecordName, _ kind: RecordKind) throws(StoreError) -> [StoredRecord] {
        guard let id = try origins.knownID(document) else { return [] }
        let table = try table(kind)
        let (own, others) = try table.selectRange()
        own.bind(1, id.siblingsRange.lowerBound)
        own.bind(2, id.siblingsRange.upperBound)
        others.bind(1, id.raw)
        others.bind(2, id.raw)
        var found = try all(own, table) + all(others, table)
        found.removeAll { $0.document != document }
        return found.sorted { $0.name < $1.name }
    }

    /// The records of which a condition over the kind's columns holds, ascending by name: for lists and searches by
    /// people. Unlike the other look-ups it may scan, so rules and commands do without it.
    /// - Parameter condition: SQL with a `?` for each of `arguments`; never text that somebody typed.
    public func records(
        _ kind: RecordKind, where condition: String, _ arguments: [Value], limit: Int
    ) throws(StoreError) -> [StoredRecord] {
        let table = try table(kind)
        let columns = kind.fields.map { ", \"\($0.name)\"" }.joined()
        let select = Statement(
            connection, "SELECT id, document, clock\(columns) FROM \"\(kind.name)\" WHERE \(condition) LIMIT \(limit)")
        for (index, value) in arguments.enumerated() {
            guard try select.bind(Int32(index + 1), value, origins) else { return [] }
        }
        return try all(select, table).sorted { $0.name < $1.name }
    }

    /// What is covered of a document; empty where it is not here.
    public func context(_ document: RecordName) throws(StoreError) -> Context {
        guard let id = try origins.knownID(document) else { return .empty }
        return try documents.load(id)?.context ?? .empty
    }

    /// The kept violations that have this record, or its document, as a member, ascending by key.
    public func violations(of member: RecordName) throws(StoreError) -> [StoredViolation] {
        guard let id = try origins.knownID(member) else { return [] }
        let select: Statement
        if let known = violationsOfMember {
            select = known
        } else {
            select = Statement(connection, RecordReader.violationsSQL)
            violationsOfMember = select
        }
        select.bind(1, id.raw)
        defer { select.reset() }
        var found: [StoredViolation] = []
        while try select.step() {
            guard let name = RecordName(select.text(2)) else {
                throw .damaged(place: "a violation", reason: "its case has no name")
            }
            found.append(
                StoredViolation(
                    key: select.text(0), rule: select.text(1), caseName: name, standing: select.text(3),
                    effect: select.text(4), summary: select.text(5), body: select.bytes(6)))
        }
        return found
    }

    private static let violationsSQL = """
        SELECT v.key, v.rule, v.case_name, v.standing, v.effect, v.summary, v.body
        FROM violation_member AS m JOIN violation AS v ON v.key = m.key WHERE m.record = ? ORDER BY m.key
        """
    private var violationsOfMember: Statement?

    private func all(_ select: Statement, _ table: RecordTable) throws(StoreError) -> [StoredRecord] {
        defer { select.reset() }
        var records: [StoredRecord] = []
        while try select.step() { records.append(try record(select, table)) }
        return records
    }

    private func record(_ row: Statement, _ table: RecordTable) throws(StoreError) -> StoredRecord {
        StoredRecord(
            name: try origins.name(LocalID(raw: row.integer(0))),
            document: try origins.name(LocalID(raw: row.integer(1))),
            state: try clocks.record(row, table))
    }
}

extension ClockCodec {
    /// The record in a row of `id, document, clock` and every field.
    func record(_ row: Statement, _ table: RecordTable) throws(StoreError) -> RecordState {
        var result: Result<RecordState, StoreError> = .failure(.unknownDocument)
        row.withBytes(2) { bytes in
            result = Result { () throws(StoreError) in try read(bytes, table) }
        }
        var state = try result.get()
        var failure: StoreError?
        state.fillValues { tag in
            guard let position = table.kind.position(of: tag) else { return .null }
            do throws(StoreError) {
                return try row.value(Int32(position + 3), table.kind.fields[position].type, origins)
            } catch {
                failure = error
                return .null
            }
        }
        if let failure { throw failure }
        return state
    }
}

extension Statement {
    /// Binds a value as its column holds it.
    /// - Returns: false for a value that no row can hold: null, or the name of something that was never heard of.
    func bind(_ index: Int32, _ value: Value, _ origins: OriginNumbers) throws(StoreError) -> Bool {
        switch value {
        case .null: return false
        case .integer(let number): bind(index, number)
        case .text(let text): bind(index, text.string)
        case .bytes(let bytes): bind(index, bytes)
        case .reference(let name):
            guard let id = try origins.knownID(name) else { return false }
            bind(index, id.raw)
        }
        return true
    }
}
