/// How columns of foreign CSV files become Assay's records; parsed from YAML by ``init(yaml:file:)``.
///
/// The grammar stands in `Tools/mappings/README.md`.
public struct ImportMapping: Equatable, Sendable {
    /// The version of the grammar that this reader understands.
    public static let version = 1

    /// The mapping's name, for logs and the import's record.
    public let name: String
    /// A cell with exactly this text clears its field.
    public let clearToken: String?
    /// The offset of times that name none, in minutes east of UTC.
    public let utcOffsetMinutes: Int
    /// The files by role, in the YAML's order.
    public let inputs: [ImportInput]
    /// The look-up tables, loaded before the first record in this order.
    public let tables: [ImportTable]
    /// The targets in the order in which their records are given.
    public let rules: [ImportRule]
    /// The path of the YAML, for errors that only show when the files are there.
    public let file: String
}

/// A place in the mapping's YAML, both counted from 1.
public struct MappingPlace: Equatable, Sendable {
    public let line: Int
    public let column: Int
}

/// Files of one shape.
public struct ImportInput: Equatable, Sendable {
    /// The name by which the mapping speaks of the files.
    public let role: String
    /// A file name in the import's folder, in which `*`, `?` and `[…]` may stand for others.
    public let pattern: String
    /// How the files are read.
    public let options: CSVOptions
    public let place: MappingPlace
}

/// A look-up table: columns of an input by the values of its key columns.
public struct ImportTable: Equatable, Sendable {
    public let name: String
    /// The role of the input that the rows come from.
    public let input: String
    /// The columns whose values find a row.
    public let key: [String]
    /// The columns that are kept.
    public let columns: [String]
    public let place: MappingPlace
}

/// How rows of an input become records of a target.
public struct ImportRule: Equatable, Sendable {
    /// The kind of record.
    public let target: ImportTarget
    public let input: String
    /// The record's external key; a row in which it is blank fails.
    public let key: ImportExpression
    /// All of them must hold, or the row is passed over.
    public let conditions: [ImportCondition]
    /// Whether only the first row with a key becomes a record.
    public let isDistinct: Bool
    /// The fields in the YAML's order.
    public let fields: [ImportFieldRule]
    public let place: MappingPlace
}

/// Where a field's value comes from.
public struct ImportFieldRule: Equatable, Sendable {
    public let field: ImportField
    public let value: ImportExpression
}

/// A condition on a row: a value is, or is not, one of some texts. A blank value is the empty text.
public struct ImportCondition: Equatable, Sendable {
    public let value: ImportExpression
    /// Whether the value has to be one of the texts, or none of them.
    public let isEqual: Bool
    public let texts: [String]
}

/// Where a value comes from. Every form gives a value or none ("blank").
public struct ImportExpression: Equatable, Sendable {
    /// The closed set of expressions.
    public indirect enum Form: Equatable, Sendable {
        /// The cell of a column; blank where it is empty or one of the texts that count as blank.
        case column(String, blanks: [String])
        /// Always the same text; blank where that is empty.
        case constant(String)
        /// Texts and columns in a row; blank where one of the columns is.
        case template([Piece])
        /// The text that a map gives for a value; without `otherwise` a value that is not in the map fails the row.
        case mapped([String: String], of: ImportExpression, otherwise: ImportExpression?)
        /// A column of the table's row with the key; without `otherwise` a key that is not there fails the row.
        case lookup(table: String, key: [ImportExpression], take: String, otherwise: ImportExpression?)
        /// The day that lies so many days after a start date, and the minute of that day where one is given.
        case date(start: ImportExpression, days: ImportExpression, minute: Int?)
        /// A part of the made-up person of a number; see `SamplePerson`.
        case sample(SamplePart, number: ImportExpression)
        /// The first of several that is not blank.
        case first([ImportExpression])
    }

    /// A part of a template.
    public enum Piece: Equatable, Sendable {
        case text(String)
        case column(String)
    }

    /// The part of a made-up person.
    public enum SamplePart: String, CaseIterable, Sendable {
        case given, family, script, birthDate, language, email, phone
    }

    public let form: Form
    public let place: MappingPlace
}

/// The named limits of mappings and imports.
public enum ImportLimits {
    /// The bytes of a mapping file.
    public static let mappingBytesMax = 1 << 20
    /// The YAML nodes of a mapping. Aliases are refused before there are any.
    public static let mappingNodesMax = 20_000
    /// The levels of YAML inside each other.
    public static let mappingDepthMax = 24
    /// The files that one input's pattern may match.
    public static let filesPerInputMax = 10_000
    /// What look-up tables and the keys of `distinct` targets may hold in memory together; the rest is in a temporary file.
    public static let keptBytesMax = 4 << 20
    /// The memory for the pages of that file.
    public static let keptCacheBytes = 2 << 20
    /// The digits of an integer.
    public static let integerDigitsMax = 18
}
