import Glibc

/// Writes CSV after RFC 4180: CRLF line ends, quotes only where a field needs them, UTF-8 without a byte order mark.
///
/// With `escapeFormulas` a field that a spreadsheet would take for a formula gets a leading apostrophe: one that begins
/// with any number of apostrophes and then `=`, `+`, `-`, `@`, tab or CR. A ``CSVReader`` with the same option takes
/// that apostrophe away, so that every text comes back as it was. The bytes go out in chunks of
/// ``CSVLimits/chunkBytes``; call ``finish()`` at the end.
public struct CSVWriter: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private let options: CSVOptions
    private let delimiter: UInt8
    private var buffer: [UInt8] = []

    /// Writes to a new file with mode 0600, since it may hold personal data; an existing file is replaced.
    ///
    /// Throws `file` where the operating system refuses.
    public init(path: String, options: CSVOptions = CSVOptions()) throws(TabularError) {
        let opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw TabularError(
                .file, file: path, "the file cannot be written (\(systemMessage(errno)))",
                advice: "Choose a folder in which you may write.")
        }
        self.init(descriptor: opened, path: path, options)
    }

    /// Writes to memory; ``finish()`` gives the bytes.
    public init(options: CSVOptions = CSVOptions()) { self.init(descriptor: -1, path: "", options) }

    private init(descriptor: Int32, path: String, _ options: CSVOptions) {
        self.descriptor = descriptor
        self.path = path
        self.options = options
        delimiter = (options.delimiter ?? .comma).rawValue
    }

    deinit { if descriptor >= 0 { _ = close(descriptor) } }

    /// Writes the header, and before it `#` and the version where one is given. A version with a line break is a
    /// programming error. Throws as ``write(row:)`` does.
    public mutating func write(header names: [String], version: String? = nil) throws(TabularError) {
        if let version {
            precondition(!version.utf8.contains { $0 == Byte.lineFeed || $0 == Byte.carriageReturn })
            buffer.append(Byte.hash)
            buffer.append(contentsOf: version.utf8)
            endLine()
        }
        try write(row: names)
    }

    /// Writes one row. Throws `file` where the disk is full or the operating system refuses.
    public mutating func write(row fields: [String]) throws(TabularError) {
        for (index, field) in fields.enumerated() {
            if index > 0 { buffer.append(delimiter) }
            var field = field
            field.withUTF8 { append(UnsafeRawBufferPointer($0), isAlone: fields.count == 1) }
        }
        endLine()
        if buffer.count >= CSVLimits.chunkBytes { try flush() }
    }

    /// Writes a row whose first fields are given and whose rest is bytes that are already CSV, as they are.
    mutating func write(fields: [String], raw: [UInt8]) throws(TabularError) {
        for field in fields {
            var field = field
            field.withUTF8 { append(UnsafeRawBufferPointer($0), isAlone: false) }
            buffer.append(delimiter)
        }
        buffer.append(contentsOf: raw)
        endLine()
        if buffer.count >= CSVLimits.chunkBytes { try flush() }
    }

    /// Writes what is left. For a writer to memory the result is everything that was written, for one to a file it is
    /// empty. Throws as ``write(row:)`` does.
    @discardableResult
    public consuming func finish() throws(TabularError) -> [UInt8] {
        guard descriptor >= 0 else { return buffer }
        try flush()
        return []
    }

    /// A lone empty field is quoted, since a blank line is no row; a leading `#` is quoted, since it could be taken for
    /// a version line.
    private mutating func append(_ bytes: UnsafeRawBufferPointer, isAlone: Bool) {
        let escapes = options.escapeFormulas && FormulaEscape.applies(to: bytes, apostrophesMin: 0)
        let needsQuotes =
            (bytes.isEmpty && isAlone) || bytes.first == Byte.hash || bytes.starts(with: [0xEF, 0xBB, 0xBF])
            || bytes.contains {
                $0 == delimiter || $0 == Byte.quote || $0 == Byte.lineFeed || $0 == Byte.carriageReturn
            }
        if needsQuotes { buffer.append(Byte.quote) }
        if escapes { buffer.append(0x27) }
        for byte in bytes {
            if byte == Byte.quote { buffer.append(Byte.quote) }
            buffer.append(byte)
        }
        if needsQuotes { buffer.append(Byte.quote) }
    }

    private mutating func endLine() {
        buffer.append(Byte.carriageReturn)
        buffer.append(Byte.lineFeed)
    }

    private mutating func flush() throws(TabularError) {
        guard descriptor >= 0 else { return }
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw TabularError(
                    .file, file: path, "the file cannot be written (\(systemMessage(errno)))",
                    advice: "Make room on the disk and export again.")
            }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
