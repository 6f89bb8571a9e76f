import Merging

/// Reads records as they are shown. Commands and rules see the world through it; the store answers from SQLite, the tests
/// from memory. All answers of one command or one evaluation come from one snapshot.
public protocol RecordReading {
    /// - Returns: nil where this replica does not hold the record.
    func record(_ name: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> RecordView?

    /// The records whose shown values equal all of `matches`, ascending by name. The caller promises an index of the kind
    /// that begins with the fields of `matches` in their order; nothing is ever scanned. A `null` matches nothing.
    func records(_ kind: RecordKind, matching matches: [Match]) throws(ReadingFailure) -> [RecordView]

    /// The records of one kind in one document, ascending by name.
    func records(in document: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> [RecordView]

    /// What is covered of a document; empty where this replica does not hold it.
    func documentContext(_ name: RecordName) throws(ReadingFailure) -> Context
}

/// One condition of a look-up.
public struct Match: Hashable, Sendable {
    public let field: Field
    public let value: Value

    public init(_ field: Field, _ value: Value) {
        self.field = field
        self.value = value
    }
}

extension RecordReading {
    /// The records of which one field shows `value`; an index must begin with it.
    public func records(
        _ kind: RecordKind, where field: Field, equals value: Value
    ) throws(ReadingFailure) -> [RecordView] {
        try records(kind, matching: [Match(field, value)])
    }
}

/// A store that could not be read. The store says what to do about it; nothing was written.
public struct ReadingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public let detail: String

    public init(_ detail: String) { self.detail = detail }

    public var description: String { detail }
}
