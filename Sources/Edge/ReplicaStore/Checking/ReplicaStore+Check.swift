import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging

/// Something that is not as it should be in a store.
public struct StoreFinding: Hashable, Sendable {
    /// Stable words: `file-damaged`, `journal-unreadable`, `journal-ranges`, `chain-broken`, `state-differs`,
    /// `column-differs`, `row-unreadable`, `row-astray`.
    public let code: String
    /// Where it is, as precisely as can be told.
    public let place: String
    public let reason: String
    /// What to do next, in one line.
    public let remedy: String
}

extension ReplicaStore {
    /// Looks through the whole store: SQLite's own check, the journal and its chains, and the rows against a rebuild from
    /// the journal wherever that is complete. Reads alone; writers go on meanwhile. O(n) in everything.
    /// - Returns: what was found, in the order of the checks; nothing for a sound store.
    public func check() throws(StoreError) -> [StoreFinding] {
        do throws(StoreError) {
            return try reading { db in
                var check = try StoreCheck(db, schema, observer)
                try check.file()
                try check.journal()
                try check.rows()
                return check.findings
            }
        } catch {
            // The file itself does not let itself be read to the end.
            guard error.code == "store-damaged" || error.code == "disk-io" else { throw error }
            return [
                StoreFinding(
                    code: "file-damaged", place: "the database file", reason: error.description,
                    remedy: "Keep a copy of the folder, then sync into a new store.")
            ]
        }
    }
}

/// One run of the check, on one reader's snapshot.
private struct StoreCheck {
    private let db: Database
    private let schema: Schema
    private let own: ReplicaID
    private let origins: OriginNumbers
    private let journalTables: Journal
    private let states: StateReader
    private let codec = SegmentCodec()
    var findings: [StoreFinding] = []
    private var denied = Set<Dot>()

    /// How many documents' histories are in memory at once.
    private static let documentsAtOnce = 20_000

    init(_ db: Database, _ schema: Schema, _ observer: (any MergeObserver)?) throws {
        guard let connection = db.sqliteConnection else {
            throw StoreError.damaged(place: "the connection", reason: "it is closed")
        }
        self.db = db
        self.schema = schema
        own = try Journal(connection, OriginNumbers(connection)).own()
        origins = try OriginNumbers(connection)
        journalTables = try Journal(connection, origins)
        journalTables.names.observer = observer
        states = try StateReader(connection, schema)
    }

    private mutating func found(_ code: String, _ place: String, _ reason: String, _ remedy: String) {
        findings.append(StoreFinding(code: code, place: place, reason: reason, remedy: remedy))
    }

    private static let fromHub = "Keep a copy of the folder, then sync into a new store: the hub has what was pushed."
    private static let rebuild = "Make the records again: assay doctor --rebuild, then sync."

    // MARK: SQLite

    mutating func file() throws {
        for row in try String.fetchAll(db, sql: "PRAGMA quick_check(20)") where row != "ok" {
            found("file-damaged", "the database file", row, StoreCheck.fromHub)
        }
    }

    // MARK: Journal

    mutating func journal() throws {
        for number in try Int64.fetchAll(db, sql: "SELECT n FROM origin ORDER BY n") { try journal(of: number) }
        try tail()
    }

    private mutating func journal(of number: Int64) throws {
        let origin = try origins.id(number)
        var held = SequenceRanges()
        var chain = HashChain(.cryptoSHA256)
        var head = Journal.Head(sequence: 0, digest: try journalTables.forks().place(of: origin)?.head ?? .zero)
        let stored = try journalTables.head(origin)
        var isVerified = stored.sequence == 0
        // Where a document is not here its salt is not either, and the chain cannot be followed any further.
        var isFollowed = true
        let rows = try Row.fetchCursor(
            db, sql: "SELECT n, first, last, head, bytes FROM segment WHERE origin = ? ORDER BY last",
            arguments: [number])
        while let row = try rows.next() {
            let place = "segment \(row[0] as Int64) (\(origin), \(row[1] as Int64) to \(row[2] as Int64))"
            guard let first = Sequence32(exactly: row[1] as Int64), let last = Sequence32(exactly: row[2] as Int64),
                first >= 1, first <= last, !held.ranges.contains(where: { $0.overlaps(first...last) })
            else {
                found("journal-ranges", place, "its range is wrong or held twice", StoreCheck.fromHub)
                continue
            }
            held.insert(first...last)
            let segment: Segment
            do { segment = try codec.decode(Array(row[4] as Data)[...]) } catch {
                found("journal-unreadable", place, "\(error)", StoreCheck.fromHub)
                isFollowed = false
                continue
            }
            guard Journal.isRun(origin, first...last, of: segment.origin, segment.first, segment.changeSets.count)
            else {
                found("journal-unreadable", place, "it holds another run than its row says", StoreCheck.fromHub)
                isFollowed = false
                continue
            }
            if isFollowed, first > 1, first != head.sequence + 1,
                let digest = try journalTables.checkpoint(origin, at: first - 1)
            {
                head = Journal.Head(sequence: first - 1, digest: digest)
            }
            guard isFollowed, first == head.sequence + 1 else { continue }
            let named = try journalTables.names.sets(segment, as: origin, from: first)
            for (written, set) in zip(segment.changeSets, named) {
                guard let salt = set.document.isHash ? Salt.none : try journalTables.salt(of: set.document) else {
                    isFollowed = false
                    break
                }
                head = Journal.Head(
                    sequence: set.dot.sequence, digest: chain.head(after: head.digest, written, salt: salt).head)
                guard head.sequence == stored.sequence else { continue }
                isVerified = true
                if head.digest != stored.digest {
                    found("chain-broken", place, "its hashes lead to another head than was kept", StoreCheck.fromHub)
                    isFollowed = false
                }
            }
            if isFollowed, let bytes = [UInt8](blob: row[3]), Digest256(bytes) != head.digest {
                found("chain-broken", place, "its hashes lead to another head than was kept", StoreCheck.fromHub)
                isFollowed = false
            }
        }
        var noted = try journalTables.held(origin)
        if isFollowed, !isVerified {
            // What was taken away on purpose counts: its document left this replica's scopes.
            var known = try journalTables.heldOrTrimmed(origin).subtracting(noted)
            known.formUnion(held)
            if known.contiguousEnd < stored.sequence {
                found(
                    "journal-ranges", "\(origin)", "it ends before \(stored.sequence), its verified head",
                    StoreCheck.fromHub)
            }
        }
        if origin == own {
            let end = try journalTables.ownHead().sequence
            if end > stored.sequence { noted = noted.subtracting(SequenceRanges((stored.sequence + 1)...end)) }
        }
        if noted != held {
            found("journal-ranges", "\(origin)", "what it says it holds is not what it holds", StoreCheck.fromHub)
        }
    }

    private mutating func tail() throws {
        var head = try journalTables.head(own)
        var chain = HashChain(.cryptoSHA256)
        let rows = try Row.fetchCursor(db, sql: "SELECT sequence, head, bytes FROM tail ORDER BY sequence")
        while let row = try rows.next() {
            let place = "change set \(row[0] as Int64) of this replica"
            guard row[0] as Int64 == Int64(head.sequence) + 1 else {
                return found("journal-ranges", place, "it does not follow \(head.sequence)", StoreCheck.fromHub)
            }
            do {
                let set = try CanonicalForm.read(Array(row[2] as Data)[...])
                guard set.dot == Dot(own, head.sequence + 1) else {
                    return found("journal-unreadable", place, "it is another change set", StoreCheck.fromHub)
                }
                guard let salt = try salt(set) else {
                    // The document left this replica's scopes, and its salt with it: the hash that was kept stands.
                    head = Journal.Head(sequence: set.dot.sequence, digest: Digest256([UInt8](row[1] as Data)) ?? .zero)
                    continue
                }
                head = Journal.Head(
                    sequence: set.dot.sequence, digest: chain.head(after: head.digest, set, salt: salt).head)
            } catch let error as DecodingFailure {
                return found("journal-unreadable", place, "\(error)", StoreCheck.fromHub)
            }
            guard Digest256([UInt8](row[1] as Data)) == head.digest else {
                return found("chain-broken", place, "its hash is another than was kept", StoreCheck.fromHub)
            }
        }
    }

    private func salt(_ set: ChangeSet) throws -> Salt? {
        set.document.isHash ? Salt.none : try journalTables.salt(of: set.document)
    }

    // MARK: Rows

    mutating func rows() throws {
        for id in try Int64.fetchAll(db, sql: "SELECT subject FROM verdict WHERE subject IS NOT NULL") {
            denied.insert(try origins.name(LocalID(raw: id)).dot)
        }
        for kind in schema.records {
            let astray = try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM "\(kind.name)" WHERE NOT EXISTS
                        (SELECT 1 FROM document WHERE document.id = "\(kind.name)".document)
                    """)
            for id in astray {
                found("row-astray", "\(kind.name) \(id)", "its document is not here", StoreCheck.rebuild)
            }
        }
        var after: Int64? = 0
        while let from = after {
            let ids = try Int64.fetchAll(
                db, sql: "SELECT id FROM document WHERE id > ? ORDER BY id LIMIT ?",
                arguments: [from, StoreCheck.documentsAtOnce])
            after = ids.count == StoreCheck.documentsAtOnce ? ids.last : nil
            if !ids.isEmpty { try compare(ids) }
        }
    }

    private mutating func compare(_ ids: [Int64]) throws {
        var names: [RecordName: Int64] = [:]
        for id in ids { names[try origins.name(LocalID(raw: id))] = id }
        var histories = try histories(of: names)
        for id in ids {
            let name = try origins.name(LocalID(raw: id))
            let read = Result { () throws(StoreError) in try states.documents(after: id - 1, limit: 1).states.first }
            if case .failure(let error) = read {
                found("row-unreadable", "document \(name)", error.description, StoreCheck.rebuild)
            }
            guard case .success(let stored?) = read else { continue }
            try columns(of: stored)
            let rebuilt = DocumentState(name: stored.name, kind: stored.kind, salt: stored.salt)
                .replaying(histories.removeValue(forKey: name) ?? [], denied: denied)
            guard rebuilt.context.covers(stored.context) else { continue }
            for (record, state) in rebuilt.records.sorted(by: { $0.key < $1.key })
            where stored.records[record].map({ !$0.isSame(as: state) }) ?? true {
                found(
                    "state-differs", "record \(record) of document \(name)", "the journal says otherwise",
                    StoreCheck.rebuild)
            }
            for record in stored.records.keys.sorted() where rebuilt.records[record] == nil {
                found(
                    "state-differs", "record \(record) of document \(name)", "the journal has no such record",
                    StoreCheck.rebuild)
            }
            if rebuilt.context != stored.context || rebuilt.greatest != stored.greatest {
                found(
                    "state-differs", "document \(name)", "the journal reaches further than its context",
                    StoreCheck.rebuild)
            }
        }
    }

    /// All that the journal holds of some documents, without what was put aside.
    private func histories(of documents: [RecordName: Int64]) throws -> [RecordName: [ChangeSet]] {
        var excluded = Set<Dot>()
        for row in try Row.fetchAll(db, sql: "SELECT origin, sequence FROM quarantine") {
            excluded.insert(Dot(try origins.id(row[0]), Sequence32(truncatingIfNeeded: row[1] as Int64)))
        }
        var histories: [RecordName: [ChangeSet]] = [:]
        func take(_ set: ChangeSet) {
            guard documents[set.document] != nil, !excluded.contains(set.dot) else { return }
            histories[set.document, default: []].append(set)
        }
        let segments = try Row.fetchCursor(
            db, sql: "SELECT origin, first, bytes FROM segment ORDER BY origin, last")
        while let row = try segments.next() {
            // What does not read was told of already.
            guard let first = Sequence32(exactly: row[1] as Int64),
                let segment = try? codec.decode(Array(row[2] as Data)[...]), segment.first >= first
            else { continue }
            try journalTables.names.sets(segment, as: try origins.id(row[0]), from: first).forEach(take)
        }
        let tail = try Data.fetchCursor(db, sql: "SELECT bytes FROM tail ORDER BY sequence")
        while let bytes = try tail.next() {
            guard let set = try? CanonicalForm.read(Array(bytes)[...]) else { continue }
            journalTables.names.named([set], as: set.dot.origin, after: 0).forEach(take)
        }
        return histories
    }

    /// Sets stand twice in a row: in the clock, which counts, and as text for people's tools.
    private mutating func columns(of document: DocumentState) throws {
        for (name, record) in document.records.sorted(by: { $0.key < $1.key }) {
            guard let kind = schema.record(record.kind), let id = try origins.knownID(name) else { continue }
            let sets = kind.fields.filter { $0.policy == .addWins }
            guard !sets.isEmpty else { continue }
            let columns = sets.map { "\"\($0.name)\"" }.joined(separator: ", ")
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT \(columns) FROM \"\(kind.name)\" WHERE id = ?", arguments: [id.raw])
            else { continue }
            for (index, field) in sets.enumerated()
            where row[index] as String? != record.cell(field.tag).map({ SetColumn.json($0.elements) }) {
                found(
                    "column-differs", "\(kind.name) \(name), \(field.name)", "its clock says otherwise",
                    StoreCheck.rebuild)
            }
        }
    }
}
