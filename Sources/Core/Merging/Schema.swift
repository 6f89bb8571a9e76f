/// How a field merges, as the low two bits of its tag say: a build that does not know the field still folds it right.
public enum MergeClass: UInt32, Sendable {
    /// Only the greatest sibling is kept in state (`latest`).
    case one = 0
    /// Every sibling is kept until a write has seen it (`review`, `ranked`, `fixed`).
    case many = 1
    /// The unit is (cell, element); an addition removes no other element (`addWins`).
    case set = 2
    /// A field of an append-only record: written once, with the record.
    case append = 3
}

/// The stable number of a field, never used again for another one. Its low two bits are the merge class.
public struct FieldTag: Hashable, Sendable, Comparable {
    public let raw: UInt32
    /// Tags above this are malformed.
    public static let rawMax: UInt32 = 1 << 20

    public init(raw: UInt32) { self.raw = raw }

    public init(_ number: UInt32, _ mergeClass: MergeClass) { raw = number << 2 | mergeClass.rawValue }

    public var mergeClass: MergeClass {
        switch raw & 3 {
        case 0: .one
        case 1: .many
        case 2: .set
        default: .append
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }
}

/// The type of a field's values and of its column.
public enum FieldType: Hashable, Sendable {
    case integer
    /// 0 or 1.
    case boolean
    /// Milliseconds since 1970.
    case timestamp
    case text
    /// A date, `YYYY-MM-DD`.
    case date
    /// One of these words; a word that a newer build added is kept and shown as it is.
    case enumeration([String])
    case bytes
    /// The name of another record.
    case reference

    /// Whether a value may stand in a cell of this type; `null` always may.
    public func admits(_ value: Value) -> Bool { content.admits(value) }

    /// What its cells hold.
    public var content: CellContent {
        switch self {
        case .integer, .timestamp: .integer
        case .boolean: .boolean
        case .text, .date, .enumeration: .text
        case .bytes: .bytes
        case .reference: .reference
        }
    }
}

/// What cells of a type hold, without an enumeration's words: looked at for every write of every merge.
public enum CellContent: UInt8, Sendable {
    case integer, boolean, text, bytes, reference

    /// Whether a value may stand in such a cell; `null` always may.
    public func admits(_ value: Value) -> Bool {
        switch value {
        case .null: true
        case .integer(let number): self == .integer || self == .boolean && (number == 0 || number == 1)
        case .text: self == .text
        case .bytes: self == .bytes
        case .reference: self == .reference
        }
    }
}

/// What is shown of a field's siblings and whether a person is asked; never what is kept.
public enum Policy: Hashable, Sendable {
    /// The greatest (stamp, dot); nobody is asked.
    case latest
    /// The greatest, provisional until a write has seen every sibling.
    case review
    /// The most restrictive sibling: the one furthest to the right in the list.
    case ranked([String])
    /// The set of what was added; a removal takes away only the additions that it saw.
    case addWins
    /// The first value; a second different one is an integrity fault.
    case fixed
    /// A field of an append-only record.
    case once

    public var mergeClass: MergeClass {
        switch self {
        case .latest: .one
        case .review, .ranked, .fixed: .many
        case .addWins: .set
        case .once: .append
        }
    }
}

/// One field of a record kind: declared once, and from it follow the column, the codec and the merge.
public struct Field: Hashable, Sendable {
    public let tag: FieldTag
    /// The column's name: lower-case words joined by `_`.
    public let name: String
    public let type: FieldType
    public let policy: Policy

    public init(_ number: UInt32, _ name: String, _ type: FieldType, _ policy: Policy) {
        tag = FieldTag(number, policy.mergeClass)
        self.name = name
        self.type = type
        self.policy = policy
    }
}

/// A kind of record: one table, one row a record.
public struct RecordKind: Hashable, Sendable {
    public let tag: UInt32
    /// The table's name, singular.
    public let name: String
    /// Whether records are added and never written again.
    public let isAppendOnly: Bool
    /// Ascending by tag.
    public let fields: [Field]
    /// Columns that get an index, each a list of fields' names.
    public let indexes: [[String]]

    public init(
        _ tag: UInt32, _ name: String, isAppendOnly: Bool = false, indexes: [[String]] = [], _ fields: [Field]
    ) {
        self.tag = tag
        self.name = name
        self.isAppendOnly = isAppendOnly
        self.indexes = indexes
        self.fields = fields.sorted { $0.tag < $1.tag }
        precondition(Set(fields.map(\.tag)).count == fields.count, "a tag twice in \(name)")
        precondition(Set(fields.map(\.name)).count == fields.count, "a field twice in \(name)")
    }

    /// The position of a tag among `fields`; nil where this build does not know it. O(log n).
    public func position(of tag: FieldTag) -> Int? {
        var low = 0
        var high = fields.count
        while low < high {
            let middle = (low + high) / 2
            if fields[middle].tag < tag { low = middle + 1 } else { high = middle }
        }
        return low < fields.count && fields[low].tag == tag ? low : nil
    }

    public func field(named name: String) -> Field? { fields.first { $0.name == name } }
}

/// A kind of document: the unit of replication, permission and consistency.
public struct DocumentKind: Hashable, Sendable {
    public let tag: UInt32
    public let name: String
    public let records: [RecordKind]
    /// Whether a replica that is being filled needs these documents before it can show any other: they are few, and others
    /// refer to them.
    public let comesFirst: Bool

    public init(_ tag: UInt32, _ name: String, comesFirst: Bool = false, _ records: [RecordKind]) {
        self.tag = tag
        self.name = name
        self.records = records
        self.comesFirst = comesFirst
    }
}

/// Every kind of document and record that this build knows: a run-time value to Core and to the store.
public struct Schema: Sendable {
    public let documents: [DocumentKind]
    private let kinds: [UInt32: RecordKind]
    private let names: [String: RecordKind]

    public init(_ documents: [DocumentKind]) {
        self.documents = documents
        let all = documents.flatMap(\.records)
        kinds = Dictionary(uniqueKeysWithValues: all.map { ($0.tag, $0) })
        names = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
    }

    public var records: [RecordKind] { documents.flatMap(\.records) }

    public func record(_ tag: UInt32) -> RecordKind? { kinds[tag] }

    public func record(named name: String) -> RecordKind? { names[name] }

    public func document(_ tag: UInt32) -> DocumentKind? { documents.first { $0.tag == tag } }
}
