/// The columns of a file: their names in order and where each stands.
public struct CSVHeader: Equatable, Sendable {
    /// The names as the file has them.
    public let names: [String]
    /// The header line's own bytes, quotes and all, without a byte order mark or the line end.
    public let raw: [UInt8]
    private let places: [String: Int]

    /// The place of a column, counted from 0; nil where the file has no such column.
    public func index(of name: String) -> Int? { places[name] }

    /// Throws `header` where there is none, where a quote is not closed, where two columns have one name or where there
    /// are too many, and `encoding` where it is not UTF-8.
    init(
        _ window: ByteWindow, _ scanner: borrowing RowScanner, _ found: CSVReader.Advance, name: String, line: Int,
        escapes: Bool
    ) throws(TabularError) {
        func refuse(_ problem: String, _ advice: String) -> TabularError {
            TabularError(.header, file: name, line: line, problem, advice: advice)
        }
        guard found == .row else {
            throw refuse("the header's quotes are not closed", "Close the quotes in the first line.")
        }
        guard scanner.end > scanner.start else {
            throw refuse("the file is empty", "Export it again with a header line.")
        }
        guard !scanner.hasTextAfterQuote else {
            throw refuse("a quoted name goes on after its closing quote", "Double the quotes inside the name.")
        }
        guard scanner.count <= CSVLimits.columnsMax else {
            throw refuse("the header has more than \(CSVLimits.columnsMax) columns", "Export fewer columns.")
        }
        let row = window.bytes(scanner.start, scanner.end)
        var names: [String] = []
        var places: [String: Int] = [:]
        for field in 0..<scanner.count {
            let span = scanner.spans[field]
            guard Int(span.end - span.start) <= CSVLimits.fieldBytesMax else {
                throw refuse("a column's name is too long", "Check that the file is a table.")
            }
            var bytes = Array(row[Int(span.start)..<Int(span.end)])
            if span.hasDoubledQuotes { bytes = undouble(bytes) }
            if escapes && bytes.withUnsafeBytes({ FormulaEscape.applies(to: $0, apostrophesMin: 1) }) {
                bytes.removeFirst()
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw TabularError(
                    .encoding, file: name, line: line, "the header is not valid UTF-8",
                    advice: "Save the file as UTF-8.")
            }
            if places.updateValue(field, forKey: text) != nil && !text.isEmpty {
                throw refuse("two columns are named \"\(text)\"", "Rename one of them.")
            }
            names.append(text)
        }
        places[""] = nil
        self.names = names
        self.places = places
        raw = Array(row)
    }
}

/// Doubled quotes made single. A quote is always followed by its double here, because the scanner saw the pair.
func undouble(_ bytes: some RandomAccessCollection<UInt8>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count)
    var isSecond = false
    for byte in bytes {
        isSecond = byte == Byte.quote && !isSecond
        if byte != Byte.quote || isSecond { copy.append(byte) }
    }
    return copy
}
