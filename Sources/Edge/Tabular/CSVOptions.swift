/// The named limits of reading and writing CSV. Every length that foreign bytes decide is held below one of them.
public enum CSVLimits {
    /// Bytes asked of the operating system in one read, and the size of the reader's window until a row outgrows it.
    public static let chunkBytes = 256 * 1024
    /// The longest field, in bytes between its delimiters (or between its quotes, doubled quotes counted twice).
    public static let fieldBytesMax = 1 << 20
    /// The most columns of a row.
    public static let columnsMax = 1024
    /// The longest row, in bytes. A longer one is skipped and reported; memory never grows past this.
    public static let rowBytesMax = 16 << 20
}

/// How a CSV file is read. The defaults suit files that people and spreadsheets make.
public struct CSVOptions: Equatable, Sendable {
    /// What stands between two fields.
    public enum Delimiter: UInt8, CaseIterable, Sendable {
        case comma = 0x2C
        case semicolon = 0x3B
        case tab = 0x09
    }

    /// The delimiter, or nil to take the one that the header line has most of (a comma where it has none).
    public var delimiter: Delimiter?
    /// Whether a leading apostrophe before a formula character is taken away again; see ``CSVWriter``.
    public var escapeFormulas: Bool
    /// Whether a first line that begins with `#` is a version line and not the header; see ``CSVWriter``.
    public var versionLine: Bool

    /// Options as given; without arguments those for files of unknown making.
    public init(delimiter: Delimiter? = nil, escapeFormulas: Bool = false, versionLine: Bool = false) {
        self.delimiter = delimiter
        self.escapeFormulas = escapeFormulas
        self.versionLine = versionLine
    }
}

/// The apostrophe that keeps a spreadsheet from taking a field for a formula.
///
/// A field that begins with any number of apostrophes and then a formula character (`=`, `+`, `-`, `@`, tab or CR)
/// gets one apostrophe more on export; import takes one away from a field that begins with at least one apostrophe and
/// then a formula character. Every other field stays as it is, so that the second undoes the first for every text.
/// The characters are those of OWASP's "CSV Injection" page.
enum FormulaEscape {
    /// Whether the bytes are apostrophes, at least `apostrophesMin` of them, and then a formula character.
    @inline(__always)
    static func applies(to bytes: UnsafeRawBufferPointer, apostrophesMin: Int) -> Bool {
        var position = 0
        while position < bytes.count, bytes[position] == 0x27 { position += 1 }
        guard position >= apostrophesMin, position < bytes.count else { return false }
        switch bytes[position] {
        case 0x3D, 0x2B, 0x2D, 0x40, 0x09, 0x0D: return true
        default: return false
        }
    }
}
