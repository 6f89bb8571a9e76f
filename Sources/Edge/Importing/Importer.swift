import ChangeSets
import CredentialStore
import Credentialing
import HybridTime
import Merging
import ReplicaStore
import Tabular

#if canImport(Glibc)
    import CMalloc
#endif

/// Turns the rows of foreign files into records: what is new is made, what differs is changed, what is so already is left
/// alone. The records are those that the commands make, so that everything works on imported ones.
///
/// Rows are taken in batches, each a transaction that looks records up, collects one change set for each document and
/// commits. A rehearsal does all of it in one transaction that is taken back: it says what an import would do, rules and
/// references included. An importer belongs to one task.
public final class Importer {
    /// Whether anything stays.
    public enum Mode: Sendable {
        /// One transaction that is taken back; nobody else can write meanwhile.
        case rehearsal
        case apply
    }

    static let intent: Text = "import"

    let store: CredentialStore
    let actor: ActorIdentity
    /// The role of score rows whose mapping names none.
    let role: ScoreRole
    private let clock: () -> Int64
    private let memory: ImportMemory

    // What the batch that runs is made of.
    var batch: ImportBatch
    var batchNumber = 0
    var now: Int64 = 0
    private var current: StoreTransaction?

    var people = Remembered<Text, KnownPerson>()
    var bookings = Remembered<Text, KnownBooking>()
    var sessions = Remembered<Text, KnownSession>()
    var sessionsByName = Remembered<RecordName, KnownSession>()
    var schemes = Remembered<Text, KnownScheme>()
    /// By name, and the names by code: a site is remembered once, so that its rooms are.
    var sites = Remembered<RecordName, KnownSite>()
    var siteNames = Remembered<Text, RecordName>()
    /// The keys of scores, and of members of staff, that this batch made.
    var batchKeys: Set<Text> = []
    /// The seats that this batch gave away.
    var batchSeats: Set<[RecordName]> = []
    /// The ticket codes that this batch gave out.
    var batchTickets: Set<Text> = []
    let isHeadquarters: Bool

    public private(set) var summary = ImportSummary()

    /// - Parameters:
    ///   - role: the role of score rows whose mapping names none.
    ///   - memory: what is held at a time.
    ///   - clock: the device's wall clock, in milliseconds since 1970.
    public init(
        _ store: CredentialStore, actor: ActorIdentity, role: ScoreRole = .first,
        memory: ImportMemory = ImportMemory(), clock: @escaping () -> Int64
    ) throws {
        self.store = store
        self.actor = actor
        self.role = role
        self.memory = memory
        self.clock = clock
        isHeadquarters = try store.isHeadquarters()
        batch = ImportBatch(first: Dot(store.replica.identity.replica, 1))
    }

    /// Takes every row of `reader`. Rows that cannot be used go to the reader's sink.
    ///
    /// - Parameter progress: called after every batch with the counts so far.
    /// - Throws: `StoreError`, `TabularError`, or what the sink throws. Batches before that stay, the one that ran does not.
    public func run(
        _ reader: ImportReader, mode: Mode, progress: (ImportSummary) -> Void = { _ in }
    ) throws -> ImportSummary {
        switch mode {
        case .rehearsal:
            try inTransaction(.rehearsal) {
                while try self.takeBatch(reader) { progress(self.summary) }
            }
        case .apply:
            var goesOn = true
            while goesOn {
                try inTransaction(.apply) { goesOn = try self.takeBatch(reader) }
                progress(summary)
            }
        }
        return summary
    }

    private func inTransaction(_ mode: Mode, _ body: () throws -> Void) throws {
        var failure: (any Error)?
        func work(_ transaction: StoreTransaction) throws(StoreError) {
            current = transaction
            defer { current = nil }
            do { try body() } catch {
                // Thrown on, so that the transaction is taken back; told as what it is below.
                failure = error
                throw (error as? StoreError) ?? .malformedDraft("the import was stopped")
            }
        }
        do {
            switch mode {
            case .rehearsal: try store.replica.rehearsal(work)
            case .apply: try store.replica.transaction(work)
            }
        } catch { throw failure ?? error }
    }

    /// - Returns: whether there may be more rows.
    private func takeBatch(_ reader: ImportReader) throws -> Bool {
        forget()
        giveBackMemory()
        try beginBatch()
        let last = reader.statistics.rows + memory.batchRows
        var goesOn = true
        while reader.statistics.rows < last, batch.recordCount < memory.batchRecords {
            guard let row = try reader.next() else {
                goesOn = false
                break
            }
            do { try take(row) } catch let refusal as RowRefusal {
                try reader.refuse(code: refusal.code, reason: refusal.reason)
            }
        }
        try commitBatch()
        summary.batches += 1
        summary.rows = reader.statistics.rows
        summary.refused = reader.statistics.failures
        return goesOn
    }

    /// Keeps what is remembered within its limits.
    private func forget() {
        people.trim(memory.records)
        bookings.trim(memory.records)
        sessions.trim(memory.records)
        sessionsByName.trim(memory.records)
        schemes.trim(memory.records)
        siteNames.trim(memory.records)
        sites.trim(memory.seats, size: \.size)
    }

    /// Gives back what the last batch freed: what is remembered lies between, and glibc keeps such pages, more after each
    /// batch, until it is told.
    private func giveBackMemory() {
        #if canImport(Glibc)
            _ = malloc_trim(0)
        #endif
    }

    /// The greatest number of records of one kind, and the sites' rooms and seats, that are remembered now.
    var remembered: (records: Int, seats: Int) {
        let records = [people.count, bookings.count, sessions.count, sessionsByName.count, schemes.count]
        return (records.max() ?? 0, sites.total(\.size))
    }

    private func beginBatch() throws {
        batchKeys.removeAll(keepingCapacity: true)
        batchSeats.removeAll(keepingCapacity: true)
        batchTickets.removeAll(keepingCapacity: true)
        batchNumber += 1
        now = clock()
        batch = ImportBatch(first: try transaction.nextDot())
    }

    private func commitBatch() throws {
        guard !batch.isEmpty else { return }
        let drafts = batch.drafts(actor: Text(actor.id), intent: Importer.intent)
        try transaction.commitWithCases(drafts, time: now)
        summary.changeSets += drafts.count
    }

    /// Commits what is collected, within the same transaction, so that look-ups see it.
    func settle() throws {
        try commitBatch()
        try beginBatch()
    }

    private var transaction: StoreTransaction {
        guard let current else { preconditionFailure("an importer works inside of its transaction") }
        return current
    }

    private func take(_ row: ImportRow) throws {
        let outcome: Outcome
        switch row.target {
        case .site: outcome = try takeSite(row)
        case .room: outcome = try takeRoom(row)
        case .staff: outcome = try takeStaff(row)
        case .scheme: outcome = try takeScheme(row)
        case .session: outcome = try takeSession(row)
        case .person: outcome = try takePerson(row)
        case .booking: outcome = try takeBooking(row)
        case .score: outcome = try takeScore(row)
        }
        switch outcome {
        case .made: summary.counts[row.target, default: .init()].made += 1
        case .changed: summary.counts[row.target, default: .init()].changed += 1
        case .same: summary.counts[row.target, default: .init()].same += 1
        }
    }

    enum Outcome { case made, changed, same }

    // MARK: Look-ups in the tables

    private var records: StoredRecords { StoredRecords(transaction.records) }

    func find(_ name: RecordName, _ kind: RecordKind) throws -> RecordView? { try records.record(name, kind) }

    func find(_ kind: RecordKind, _ matches: Match...) throws -> [RecordView] {
        try records.records(kind, matching: matches)
    }

    func find(_ kind: RecordKind, _ field: Field, _ text: String) throws -> RecordView? {
        try records.records(kind, where: field, equals: .text(text)).first
    }

    func list(_ document: RecordName, _ kind: RecordKind) throws -> [RecordView] {
        try records.records(in: document, kind)
    }
}

extension ImportRow {
    /// The text of a field; nil where it is blank or to be cleared.
    func text(_ field: ImportField) -> String? {
        switch self[field] {
        case .text(let text)?: text
        case .date(let date)?: date.description
        default: nil
        }
    }

    func integer(_ field: ImportField) -> Int64? {
        switch self[field] {
        case .integer(let number)?, .time(let number)?: number
        default: nil
        }
    }

    /// A text that must not be too long for its form.
    func line(_ field: ImportField, _ noun: String) throws(RowRefusal) -> String? {
        guard let text = text(field) else { return nil }
        try Line.check(text, noun)
        return text
    }

    func required(_ field: ImportField, _ noun: String) throws(RowRefusal) -> String {
        guard let text = try line(field, noun) else { throw .missing(noun) }
        return text
    }

    /// The record's key, checked.
    func checkedKey() throws(RowRefusal) -> String {
        try Line.check(key, "key")
        return key
    }

    /// A list written in one cell, its words parted by blanks, commas or semicolons.
    func words(_ field: ImportField) -> [String] {
        (text(field) ?? "").split { $0 == " " || $0 == "," || $0 == ";" }.map(String.init)
    }
}

enum Line {
    static func check(_ text: String, _ noun: String) throws(RowRefusal) {
        guard text.utf8.count <= ImportingLimits.lineBytesMax else {
            throw RowRefusal("too-long", "the \(noun) is longer than \(ImportingLimits.lineBytesMax) bytes; shorten it")
        }
    }
}
