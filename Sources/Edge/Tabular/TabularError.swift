/// Why a file or a mapping as a whole could not be used. A fault of one row is a ``CSVRowFailure`` and never this.
public struct TabularError: Error, Equatable, Sendable {
    /// A stable code for logs, scripts and the manual.
    public enum Code: String, Sendable {
        /// The operating system refused to open, read or write a file.
        case file
        /// The file has no header line, or not one that can be used.
        case header
        /// The bytes are not UTF-8 text (UTF-16, or an invalid header).
        case encoding
        /// The mapping is not well-formed YAML.
        case yaml
        /// The mapping has a key that it may not have.
        case unknownKey = "unknown-key"
        /// The mapping lacks a key that it must have.
        case missingKey = "missing-key"
        /// The mapping has a value of the wrong kind.
        case wrongValue = "wrong-value"
        /// The mapping names a column that the file does not have.
        case missingColumn = "missing-column"
        /// The mapping names an input, a table or a map that it does not define.
        case unknownName = "unknown-name"
        /// A named limit was exceeded.
        case limit
    }

    /// What kind of fault it is.
    public let code: Code
    /// The file that is meant, as the caller named it; empty for text that came from memory.
    public let file: String
    /// The 1-based line in the file, where one is known.
    public let line: Int?
    /// The 1-based column in the line, where one is known.
    public let column: Int?
    /// What is wrong, in one line.
    public let problem: String
    /// What to do next, in one line.
    public let advice: String

    /// An error about a file, a place in it, or neither; problem and advice are one line each.
    public init(
        _ code: Code, file: String = "", line: Int? = nil, column: Int? = nil, _ problem: String, advice: String
    ) {
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
        self.advice = advice
    }
}

extension TabularError: CustomStringConvertible {
    public var description: String {
        var place = file
        if let line { place += (place.isEmpty ? "line " : ":") + String(line) }
        if let column { place += ":" + String(column) }
        return (place.isEmpty ? "" : place + ": ") + "\(problem) [\(code.rawValue)]. \(advice)"
    }
}
