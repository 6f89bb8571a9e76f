import Tabular

/// What an import made of the rows, or would make of them.
public struct ImportSummary: Equatable, Sendable {
    /// The records of one target.
    public struct Counts: Equatable, Sendable {
        public internal(set) var made = 0
        public internal(set) var changed = 0
        /// Those that say what is there already.
        public internal(set) var same = 0

        public init(made: Int = 0, changed: Int = 0, same: Int = 0) {
            self.made = made
            self.changed = changed
            self.same = same
        }
    }

    public internal(set) var counts: [ImportTarget: Counts] = [:]
    /// Rows that went to the error files.
    public internal(set) var refused = 0
    /// Rows read, those of look-up tables included.
    public internal(set) var rows = 0
    public internal(set) var batches = 0
    /// Change sets that were committed, or would be.
    public internal(set) var changeSets = 0

    public var changesNothing: Bool { counts.values.allSatisfy { $0.made == 0 && $0.changed == 0 } }
}

/// Why a row cannot become a record: a stable code, what is wrong, and what to do next.
struct RowRefusal: Error {
    let code: String
    let reason: String

    init(_ code: String, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    static func unknown(_ noun: String, _ key: String, _ advice: String) -> RowRefusal {
        RowRefusal("not-known", "the \(noun) \(quoted(key)) is not known; \(advice)")
    }

    static func missing(_ noun: String) -> RowRefusal {
        RowRefusal("missing-value", "the \(noun) is blank; fill it in")
    }

    /// A fact that was fixed when the record was made.
    static func fixed(_ noun: String, _ key: String, _ what: String) -> RowRefusal {
        RowRefusal(
            "fixed",
            "the \(what) of the \(noun) \(quoted(key)) is another and cannot change; make a new \(noun) instead")
    }

    /// A text from a file, short and on one line.
    static func quoted(_ text: String) -> String {
        var short = ""
        for scalar in text.unicodeScalars.prefix(60) {
            if scalar.value < 0x20 || scalar.value == 0x7F {
                short += "\u{FFFD}"
            } else {
                short.unicodeScalars.append(scalar)
            }
        }
        return "\"\(short)\(text.unicodeScalars.count > 60 ? "…" : "")\""
    }
}

/// The named limits of an import.
public enum ImportingLimits {
    /// Lines of one transaction.
    public static let batchRowsMax = 2_000
    /// Records of one transaction.
    public static let batchRecordsMax = 20_000
    /// Records of one kind that are remembered between batches; others are looked up in the store again.
    public static let remembered = 8_192
    /// Sites' rooms and seats that are remembered between batches.
    public static let seatsRemembered = 32_768
    /// A name, a title, a key.
    public static let lineBytesMax = 1_000
    /// Seats of one room.
    public static let seatsMax = 2_000
}

/// What an importer holds at a time, however long the files are. What it has forgotten it looks up in the store again.
public struct ImportMemory: Sendable {
    /// The lines of one transaction.
    public var batchRows = ImportingLimits.batchRowsMax
    /// The records of one transaction, whatever rows are left of it.
    public var batchRecords = ImportingLimits.batchRecordsMax
    /// The records of one kind that are remembered between batches, what the last one made besides.
    public var records = ImportingLimits.remembered
    /// The sites with their rooms and seats, counted together, that are remembered between batches.
    public var seats = ImportingLimits.seatsRemembered

    public init() {}
}
