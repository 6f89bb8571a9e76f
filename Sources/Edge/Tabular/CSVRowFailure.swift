/// Why one row of a file was left out. The rows before and after it are not affected.
public struct CSVRowFailure: Error, Equatable, Sendable {
    /// A stable code for logs, scripts and error files.
    public enum Code: String, Sendable, CaseIterable {
        /// The row has more or fewer fields than the header.
        case ragged
        /// The row is not valid UTF-8.
        case invalidText = "invalid-text"
        /// A quoted field goes on after its closing quote.
        case textAfterQuote = "text-after-quote"
        /// The file ends before the quote that the row opens is closed.
        case unterminatedQuote = "unterminated-quote"
        /// A field has more than ``CSVLimits/fieldBytesMax`` bytes.
        case fieldTooLong = "field-too-long"
        /// The row has more than ``CSVLimits/columnsMax`` fields.
        case tooManyColumns = "too-many-columns"
        /// The row has more than ``CSVLimits/rowBytesMax`` bytes.
        case rowTooLong = "row-too-long"
    }

    /// What kind of fault it is.
    public let code: Code
    /// The row's number; the header is row 1 and blank lines are not counted.
    public let row: Int
    /// The 1-based line of the file on which the row begins; quoted line breaks make the two differ.
    public let line: Int
    /// What is wrong and what to do next, in one line.
    public let reason: String
    /// The row's own bytes without the line end; of a row that is too long only the first ``CSVLimits/chunkBytes``.
    public let raw: [UInt8]
}

extension CSVRowFailure: CustomStringConvertible {
    public var description: String { "row \(row), line \(line): \(reason) [\(code.rawValue)]" }
}
