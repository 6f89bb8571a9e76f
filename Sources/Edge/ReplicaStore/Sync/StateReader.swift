import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Reads whole documents' states, values and siblings together, on a reader's connection.
struct StateReader {
    private let connection: OpaquePointer
    private let origins: OriginNumbers
    private let tables: [RecordTable]
    private let clocks: ClockCodec
    private let documents: DocumentTable

    /// On a reader's snapshot.
    init(_ reader: ReaderTables) throws(StoreError) {
        self.init(
            reader.connection, reader.origins, reader.documents,
            reader.tables
                + (try StateReader.unknownTables(
                    reader.lookup(StateReader.unknownKinds), reader.connection)))
    }

    /// On the writer's connection.
    init(_ writer: Writer) throws(StoreError) {
        self.init(
            writer.connection, writer.origins, writer.folder.documents,
            writer.schema.records.compactMap { writer.folder.tables[$0.tag] }
                + (try StateReader.unknownTables(
                    try writer.lookup(StateReader.unknownKinds), writer.connection)))
    }

    /// On a connection of its own, which has kept nothing.
    init(_ connection: OpaquePointer, _ schema: Schema) throws(StoreError) {
        let origins = try OriginNumbers(connection)
        self.init(
            connection, origins, try DocumentTable(connection, origins),
            schema.records.map { RecordTable($0, connection) }
                + (try StateReader.unknownTables(Statement(connection, StateReader.unknownKinds), connection)))
    }

    private init(
        _ connection: OpaquePointer, _ origins: OriginNumbers, _ documents: DocumentTable, _ tables: [RecordTable]
    ) {
        self.connection = connection
        self.origins = origins
        self.documents = documents
        self.tables = tables
        clocks = ClockCodec(origins: origins)
    }

    private static let unknownKinds = "SELECT DISTINCT kind FROM unknown_record ORDER BY kind"

    /// The tables of kinds that this build does not know and that have records here.
    private static func unknownTables(
        _ select: Statement, _ connection: OpaquePointer
    ) throws(StoreError) -> [RecordTable] {
        var tables: [RecordTable] = []
        while try select.step() {
            tables.append(RecordTable(unknown: UInt32(truncatingIfNeeded: select.integer(0)), connection))
        }
        return tables
    }

    /// What reads documents in the order of identifiers.
    /// - Parameters:
    ///   - condition: which ones; nil for all.
    ///   - scope: the tracked scope whose documents alone are read; nil for all.
    static func documentsQuery(where condition: String? = nil, scope: Int64? = nil) -> String {
        let condition = condition.map { " AND \($0)" } ?? ""
        let columns = "SELECT id, kind, salt, stamp, context FROM"
        guard let scope else { return "\(columns) document WHERE id > ?\(condition) ORDER BY id LIMIT ?" }
        return """
            \(columns) document_scope m CROSS JOIN document ON id = m.document
            WHERE m.scope = \(scope) AND m.document > ?\(condition) ORDER BY m.document LIMIT ?
            """
    }

    /// The states of up to `limit` documents whose identifiers come after `after`, in the order of identifiers.
    /// - Parameter condition: which ones; nil for all.
    /// - Returns: the states, and the last identifier where there may be more.
    func documents(
        after: Int64, limit: Int, where condition: String? = nil, scope: Int64? = nil
    ) throws(StoreError) -> (states: [DocumentState], next: Int64?) {
        let select = Statement(connection, StateReader.documentsQuery(where: condition, scope: scope))
        select.bind(1, after)
        select.bind(2, Int64(limit))
        var states: [DocumentState] = []
        var places: [Int64: Int] = [:]
        var last: Int64?
        var first: Int64?
        while try select.step() {
            let id = select.integer(0)
            if first == nil { first = id }
            last = id
            places[id] = states.count
            states.append(
                DocumentState(
                    name: try origins.name(LocalID(raw: id)), kind: UInt32(truncatingIfNeeded: select.integer(1)),
                    salt: try DocumentTable.salt(select, 2), context: try documents.readContext(select, 4),
                    greatest: Stamp(select.integer(3))))
        }
        guard let first, let last else { return ([], nil) }
        if scope == nil {
            try fill(&states, places, first, last)
        } else {
            // Between two documents of a scope may be any number of others.
            for (id, place) in places.sorted(by: { $0.key < $1.key }) { try fill(&states, [id: place], id, id) }
        }
        return (states, states.count == limit ? last : nil)
    }

    func knownID(_ name: RecordName) throws(StoreError) -> LocalID? { try origins.knownID(name) }

    /// The documents of forks, but for those that are among others.
    func forks(_ journal: Journal, besides states: [DocumentState]) throws(StoreError) -> [DocumentState] {
        var found: [DocumentState] = []
        for name in try journal.forks().places.map({ $0.document(.cryptoSHA256) }).sorted()
        where !states.contains(where: { $0.name == name }) {
            if let state = try document(name) { found.append(state) }
        }
        return found
    }

    /// The state of one document.
    func document(_ name: RecordName) throws(StoreError) -> DocumentState? {
        guard let id = try origins.knownID(name), let found = try documents.load(id) else { return nil }
        var states = [
            DocumentState(
                name: name, kind: found.kind, salt: found.salt, context: found.context, greatest: found.stamp)
        ]
        try fill(&states, [id.raw: 0], id.raw, id.raw)
        return states[0]
    }

    private func fill(
        _ states: inout [DocumentState], _ places: [Int64: Int], _ first: Int64, _ last: Int64
    ) throws(StoreError) {
        for table in tables {
            let (own, others) = try table.selectRange()
            own.bind(1, LocalID(raw: first).siblingsRange.lowerBound)
            own.bind(2, LocalID(raw: last).siblingsRange.upperBound)
            others.bind(1, first)
            others.bind(2, last)
            for rows in [own, others] {
                defer { rows.reset() }
                while try rows.step() {
                    guard let place = places[rows.integer(1)] else { continue }
                    let name = try origins.name(LocalID(raw: rows.integer(0)))
                    states[place].records[name] = try clocks.record(rows, table)
                }
            }
        }
    }
}

extension Statement {
    /// A typed column's value.
    func value(_ column: Int32, _ type: FieldType, _ origins: OriginNumbers) throws(StoreError) -> Value {
        if isNull(column) { return .null }
        switch type {
        case .integer, .boolean, .timestamp: return .integer(integer(column))
        case .text, .date, .enumeration: return .text(Text(text(column)))
        case .bytes: return .bytes(bytes(column))
        case .reference: return .reference(try origins.name(LocalID(raw: integer(column))))
        }
    }
}
