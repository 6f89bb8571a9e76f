import HybridTime
import Merging

extension ReplicaStore {
    /// A record found by an indexed field.
    public struct Found: Hashable, Sendable {
        public let record: RecordName
        public let document: RecordName
    }
}

extension StoreTransaction {
    /// The name of the first record whose field has a value, without reading the record. An index has to begin with the
    /// field, or SQLite would scan.
    public func find(
        _ kind: RecordKind, field: String, equals value: Value
    ) throws(StoreError) -> ReplicaStore.Found? {
        try writer.find(kind, field: field, equals: value)
    }
}

extension Writer {
    func find(_ kind: RecordKind, field: String, equals value: Value) throws(StoreError) -> ReplicaStore.Found? {
        guard let table = folder.tables[kind.tag] else { throw .unknownRecordKind(kind.name) }
        let statement = try table.find(field)
        switch value {
        case .null: return nil
        case .integer(let number): statement.bind(1, number)
        case .text(let text): statement.bind(1, text.string)
        case .bytes(let bytes): statement.bind(1, bytes)
        case .reference(let name):
            guard let id = try origins.knownID(name) else { return nil }
            statement.bind(1, id.raw)
        }
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        return ReplicaStore.Found(
            record: try origins.name(LocalID(raw: statement.integer(0))),
            document: try origins.name(LocalID(raw: statement.integer(1))))
    }
}
