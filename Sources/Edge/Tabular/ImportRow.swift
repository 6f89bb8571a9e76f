import SampleData

/// A value of an imported field, already of the kind that the field asks for.
public enum ImportValue: Equatable, Sendable {
    case text(String)
    case integer(Int64)
    case date(CivilDate)
    /// Milliseconds since 1970, UTC.
    case time(Int64)
    /// The cell held the mapping's clear token: the value is to be taken away. A blank cell gives no entry at all.
    case cleared
}

/// One record that a row of a foreign file became. The consumer turns it into commands.
public struct ImportRow: Equatable, Sendable {
    /// A field and its value, which has the kind that the field asks for.
    public struct Entry: Equatable, Sendable {
        public let field: ImportField
        public let value: ImportValue
    }

    public let target: ImportTarget
    /// The external key, stable over repeated imports of the same file.
    public let key: String
    /// The fields that have a value, in the mapping's order. A blank cell has none and leaves the record alone.
    public let entries: [Entry]
    /// The place of the file in ``ImportReader/files``.
    public let file: Int
    /// The row's number in the file (the header is row 1) and the line on which it begins.
    public let row: Int
    public let line: Int

    /// The value of a field; nil where the row leaves it alone.
    public subscript(field: ImportField) -> ImportValue? { entries.first { $0.field == field }?.value }
}

/// Why a row of a foreign file became no record. The rows before and after it are not affected.
public struct ImportFailure: Error, Equatable, Sendable {
    /// The kinds of faults.
    public enum Code: Equatable, Sendable {
        /// The row is not good CSV.
        case unreadable(CSVRowFailure.Code)
        /// The key, or a field that the target cannot do without, is blank.
        case missingValue
        /// A value is not of the kind that its field asks for.
        case wrongValue
        /// A value is not in the value map.
        case unmapped
        /// A look-up table has no row with the key.
        case notFound
        /// A look-up table has another row with the key.
        case repeatedKey
        /// Whoever takes the records cannot use this one, for a reason of its own with a code of its own.
        case refused(String)

        /// The stable code for logs and scripts.
        public var text: String {
            switch self {
            case .unreadable(let code): code.rawValue
            case .missingValue: "missing-value"
            case .wrongValue: "wrong-value"
            case .unmapped: "unmapped"
            case .notFound: "not-found"
            case .repeatedKey: "repeated-key"
            case .refused(let code): code
            }
        }
    }

    /// What kind of fault it is.
    public let code: Code
    /// What is wrong and what to do next, in one line.
    public let reason: String
    /// The file that the row is from.
    public let source: ImportSource
    public let row: Int
    public let line: Int
    /// The row's own bytes without the line end.
    public let raw: [UInt8]
}

extension ImportFailure: CustomStringConvertible {
    public var description: String { "\(source.path):\(line): \(reason) [\(code.text)]" }
}

/// A file that is imported.
public struct ImportSource: Equatable, Sendable {
    /// The input's role in the mapping.
    public let role: String
    /// The path by which the file was opened.
    public let path: String
    /// The columns; nil until the file was opened.
    public internal(set) var header: CSVHeader?
    /// The delimiter that was found; a comma until the file was opened.
    public internal(set) var delimiter = CSVOptions.Delimiter.comma
}
