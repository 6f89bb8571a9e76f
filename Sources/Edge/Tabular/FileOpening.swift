/// What stands before the header: a byte order mark, a version line, blank lines; and which delimiter the header has.
struct FileOpening {
    private(set) var position = 0
    private(set) var line = 1
    private(set) var versionLine: String?

    /// Throws `encoding` where the file begins like UTF-16 or the version line is not UTF-8.
    init(_ window: ByteWindow, _ options: CSVOptions, name: String) throws(TabularError) {
        let bytes = window.bytes(0, window.end)
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw TabularError(
                .encoding, file: name, line: 1, "the file is UTF-16", advice: "Save the file as UTF-8 CSV.")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        skipBlankLines(window)
        guard options.versionLine, position < bytes.count, bytes[position] == Byte.hash else { return }
        var stop = position
        while stop < bytes.count, bytes[stop] != Byte.lineFeed, bytes[stop] != Byte.carriageReturn { stop += 1 }
        var content = bytes[position + 1..<stop]
        // A spreadsheet that saved the file again gives every line the same number of fields.
        while let last = content.last, CSVOptions.Delimiter(rawValue: last) != nil { content.removeLast() }
        guard let text = String(validating: content, as: UTF8.self) else {
            throw TabularError(
                .encoding, file: name, line: line, "the version line is not valid UTF-8",
                advice: "Save the file as UTF-8.")
        }
        versionLine = text
        position = stop
        // The version line's own end counts as one blank line.
        skipBlankLines(window)
    }

    mutating func skipBlankLines(_ window: ByteWindow) {
        let bytes = window.bytes(0, window.end)
        while position < bytes.count {
            if bytes[position] == Byte.lineFeed {
                line += 1
            } else if bytes[position] == Byte.carriageReturn {
                if position + 1 == bytes.count || bytes[position + 1] != Byte.lineFeed { line += 1 }
            } else {
                return
            }
            position += 1
        }
    }

    /// The delimiter that the options ask for, or the one that stands most often outside quotes in the header line.
    func delimiter(_ window: ByteWindow, _ options: CSVOptions) -> CSVOptions.Delimiter {
        if let given = options.delimiter { return given }
        let bytes = window.bytes(position, window.end)
        var counts = [Int](repeating: 0, count: CSVOptions.Delimiter.allCases.count)
        var isQuoted = false
        for byte in bytes {
            if byte == Byte.quote { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == Byte.lineFeed || byte == Byte.carriageReturn { break }
            for (index, candidate) in CSVOptions.Delimiter.allCases.enumerated() where candidate.rawValue == byte {
                counts[index] += 1
            }
        }
        var best = 0
        for index in counts.indices where counts[index] > counts[best] { best = index }
        return CSVOptions.Delimiter.allCases[best]
    }
}
