/// A view of the current row of a ``CSVReader``: byte ranges over the reader's one buffer.
///
/// Strings are made only for the fields that are asked for. The view is valid until the reader's next call of
/// ``CSVReader/next()``; using it later is a programming error and traps.
public struct CSVRow {
    let reader: CSVReader
    /// The row's number; the header is row 1 and blank lines are not counted.
    public let number: Int
    /// The 1-based line of the file on which the row begins.
    public let line: Int

    /// The number of fields, which is that of the header.
    public var count: Int { reader.header.names.count }

    /// The text of a field with its quotes undone, as the writer was given it.
    public subscript(field: Int) -> String {
        withBytes(of: field) { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether a field is empty; a quoted field without content is.
    @inline(__always)
    public func isEmpty(_ field: Int) -> Bool {
        let span = reader.span(field, of: number)
        return span.start == span.end
    }

    /// Calls `body` with the UTF-8 bytes of a field, its quotes and its formula escape undone.
    ///
    /// The bytes are those of the reader's buffer, and a copy only where the field has doubled quotes. They must not
    /// escape from `body`.
    @inline(__always)
    public func withBytes<Result>(of field: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        let span = reader.span(field, of: number)
        let bytes = reader.bytes(of: span)
        if !span.hasDoubledQuotes && !reader.options.escapeFormulas { return try body(bytes) }
        return try withUnescaped(bytes, span, body)
    }

    private func withUnescaped<Result>(
        _ bytes: UnsafeRawBufferPointer, _ span: FieldSpan, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        if span.hasDoubledQuotes {
            let copy = undouble(bytes)
            return try copy.withUnsafeBytes { try body(withoutApostrophe($0)) }
        }
        return try body(withoutApostrophe(bytes))
    }

    private func withoutApostrophe(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard reader.options.escapeFormulas, FormulaEscape.applies(to: bytes, apostrophesMin: 1) else { return bytes }
        return UnsafeRawBufferPointer(rebasing: bytes[1...])
    }

    /// The row's own bytes, quotes and all, without the line end.
    public var raw: [UInt8] { reader.rawRow(number) }
}
