/// Reads a CSV file of any size in constant memory, row by row, after RFC 4180.
///
/// It takes what people send: UTF-8 with or without a byte order mark; a comma, a semicolon or a tab, detected from the
/// header line; lines that end with CRLF, LF or CR; line breaks, delimiters and doubled quotes inside quotes; blank
/// lines, which are skipped. A row that cannot be used comes as a ``CSVRowFailure`` and the reading goes on.
///
/// A reader belongs to one task. The file is read in chunks of ``CSVLimits/chunkBytes`` through POSIX.
public final class CSVReader {
    /// What ``next()`` found.
    public enum Step {
        case row(CSVRow)
        case failure(CSVRowFailure)
    }

    /// The options as they were given; see ``delimiter`` for the one that was found.
    public let options: CSVOptions
    /// The columns' names in the order of the file.
    public let header: CSVHeader
    /// The delimiter that is in force, given or detected.
    public let delimiter: CSVOptions.Delimiter
    /// The text after `#` of the version line, where the options ask for one and the file has it.
    public let versionLine: String?
    private let window: ByteWindow
    private var scanner = RowScanner()
    private var position: Int
    private var row = 1
    /// The row that the scanner's places belong to; 0 for none.
    private var current = 0
    private var line: Int

    /// Opens a file and reads its header.
    ///
    /// Throws a ``TabularError``: `file` where it cannot be read, `header` where it has no usable header, `encoding`
    /// where it is UTF-16 or the header is not UTF-8.
    public convenience init(path: String, options: CSVOptions = CSVOptions()) throws(TabularError) {
        try self.init(ByteSource(path: path), name: path, options)
    }

    /// Reads a file that is already in memory. Throws as ``init(path:options:)`` does, except `file`.
    public convenience init(bytes: [UInt8], options: CSVOptions = CSVOptions()) throws(TabularError) {
        try self.init(ByteSource(bytes: bytes), name: "", options)
    }

    /// Reads from memory through a window of another size, so that tests can put its edge anywhere.
    package convenience init(
        bytes: [UInt8], options: CSVOptions, chunkBytes: Int, rowBytesMax: Int
    ) throws(TabularError) {
        try self.init(
            ByteSource(bytes: bytes), name: "", options, chunkBytes: chunkBytes, rowBytesMax: rowBytesMax)
    }

    private init(
        _ source: consuming ByteSource, name: String, _ options: CSVOptions, chunkBytes: Int = CSVLimits.chunkBytes,
        rowBytesMax: Int = CSVLimits.rowBytesMax
    ) throws(TabularError) {
        window = ByteWindow(source, chunkBytes: chunkBytes, rowBytesMax: rowBytesMax)
        self.options = options
        try window.slide(keepingFrom: 0)
        var opening = try FileOpening(window, options, name: name)
        opening.skipBlankLines(window)
        delimiter = opening.delimiter(window, options)
        versionLine = opening.versionLine
        var scanner = RowScanner()
        let first = try CSVReader.advance(window, &scanner, from: opening.position, delimiter: delimiter.rawValue)
        header = try CSVHeader(window, scanner, first, name: name, line: opening.line, escapes: options.escapeFormulas)
        line = opening.line + lineBreaks(window, scanner) + 1
        position = scanner.next
        self.scanner = scanner
    }

    /// The next row or the next row's failure; nil at the end of the file.
    ///
    /// Throws `file` where the operating system refuses to read on.
    public func next() throws(TabularError) -> Step? {
        current = 0
        while true {
            if position == window.end && window.isAtSourceEnd { return nil }
            let found = try CSVReader.advance(window, &scanner, from: position, delimiter: delimiter.rawValue)
            if found == .row && scanner.start == scanner.end {
                // A blank line, or nothing at all behind the last line end.
                position = scanner.next
                line += 1
                continue
            }
            row += 1
            let startLine = line
            if found == .tooLong {
                let raw = Array(window.bytes(scanner.start, min(scanner.start + CSVLimits.chunkBytes, window.end)))
                line += try skipRest() + 1
                return .failure(failure(.rowTooLong, startLine, raw))
            }
            current = row
            position = scanner.next
            line += 1
            if scanner.hasQuotedField { line += lineBreaks(window, scanner) }
            if let code = fault(found) { return .failure(failure(code, startLine, rawRow(row))) }
            return .row(CSVRow(reader: self, number: row, line: startLine))
        }
    }

    enum Advance {
        case row
        case unterminatedQuote
        case tooLong
    }

    /// Scans a row, sliding the window as far as the row needs it.
    @inline(__always)
    private static func advance(
        _ window: ByteWindow, _ scanner: inout RowScanner, from: Int, delimiter: UInt8
    ) throws(TabularError) -> Advance {
        var from = from
        while true {
            switch scanner.scan(window, from: from, delimiter: delimiter) {
            case .row: return scanner.end - scanner.start > window.rowBytesMax ? .tooLong : .row
            case .unterminatedQuote:
                return scanner.end - scanner.start > window.rowBytesMax ? .tooLong : .unterminatedQuote
            case .needsMore:
                // A CR at the window's end waits for its LF and is not yet known to belong to the row's end.
                if window.end - from > window.rowBytesMax + 1 { return .tooLong }
                try window.slide(keepingFrom: from)
                from = 0
            }
        }
    }

    /// Passes over the rest of a row that is too long and returns the number of line breaks inside it.
    private func skipRest() throws(TabularError) -> Int {
        var machine = RowSkipper(delimiter: delimiter.rawValue)
        var from = scanner.start
        while true {
            if let next = machine.skip(window, from: from) {
                position = next
                return machine.lineBreaks
            }
            if window.isAtSourceEnd {
                position = window.end
                return machine.lineBreaks
            }
            // The last byte stays, so that a CR and its LF are seen together.
            try window.slide(keepingFrom: window.end - 1)
            from = 0
        }
    }

    private func fault(_ found: Advance) -> CSVRowFailure.Code? {
        if found == .unterminatedQuote { return .unterminatedQuote }
        if scanner.hasTextAfterQuote { return .textAfterQuote }
        if scanner.count > CSVLimits.columnsMax { return .tooManyColumns }
        if scanner.count != header.names.count { return .ragged }
        if scanner.end - scanner.start > CSVLimits.fieldBytesMax && scanner.hasLongField { return .fieldTooLong }
        if scanner.highBits & 0x8080_8080_8080_8080 != 0 && !isValidUTF8(window.bytes(scanner.start, scanner.end)) {
            return .invalidText
        }
        return nil
    }

    private func failure(_ code: CSVRowFailure.Code, _ line: Int, _ raw: [UInt8]) -> CSVRowFailure {
        let reason =
            switch code {
            case .ragged:
                "the row has \(scanner.count) fields and the header has \(header.names.count); add or remove fields"
            case .invalidText: "the row is not valid UTF-8; save the file as UTF-8"
            case .textAfterQuote: "a quoted field goes on after its closing quote; double the quotes inside it"
            case .unterminatedQuote: "the file ends inside quotes that this row opens; close them"
            case .fieldTooLong: "a field has more than \(CSVLimits.fieldBytesMax) bytes; shorten it"
            case .tooManyColumns:
                "the row has \(scanner.count) fields, more than \(CSVLimits.columnsMax); split the file"
            case .rowTooLong:
                "the row has more than \(CSVLimits.rowBytesMax) bytes; look for a quote that is not closed"
            }
        return CSVRowFailure(code: code, row: row, line: line, reason: reason, raw: raw)
    }

    /// The place of a field of the current row. An index or a row that is not current is our own bug.
    @inline(__always)
    func span(_ field: Int, of number: Int) -> FieldSpan {
        precondition(number == current && field >= 0 && field < scanner.count && field < CSVLimits.columnsMax)
        return scanner.spans[field]
    }

    @inline(__always)
    func bytes(of span: FieldSpan) -> UnsafeRawBufferPointer {
        window.bytes(scanner.start + Int(span.start), scanner.start + Int(span.end))
    }

    func rawRow(_ number: Int) -> [UInt8] {
        precondition(number == current)
        return Array(window.bytes(scanner.start, scanner.end))
    }
}

/// The line breaks inside a row that was just scanned.
private func lineBreaks(_ window: ByteWindow, _ scanner: borrowing RowScanner) -> Int {
    var count = 0
    let bytes = window.bytes(scanner.start, scanner.end)
    for index in 0..<bytes.count {
        if bytes[index] == Byte.lineFeed {
            count += 1
        } else if bytes[index] == Byte.carriageReturn, index + 1 == bytes.count || bytes[index + 1] != Byte.lineFeed {
            count += 1
        }
    }
    return count
}

/// Whether bytes are UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing past U+10FFFF.
private func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
}
