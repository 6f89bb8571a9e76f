import GRDB
import HybridTime
import Merging

/// Brings a store up to a build's schema: kinds and fields are only ever added.
///
/// What an older build could not read it kept in clocks. Its values have to be in columns before this build writes to
/// such a row: a clock names known fields without their values.
enum Migration {
    /// Adds the tables, columns and indexes that are missing.
    /// - Throws: ``StoreError/newerSchema(_:)`` where a newer build has been here.
    static func addMissing(_ schema: Schema, _ db: Database) throws {
        try Meta.tags(db)?.refuseNewer(than: SchemaTags(schema))
        // The table of this name once held what no build ever wrote: verdicts are records now.
        if try db.tableExists("verdict"), try db.columns(in: "verdict").contains(where: { $0.name == "origin" }) {
            try db.execute(sql: "DROP TABLE verdict")
        }
        // Before there was a sum the digests were kept without one.
        if try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM meta WHERE key = ?)", arguments: [Meta.digestSumKey]) != true
        {
            try db.execute(sql: "UPDATE document SET digest = NULL")
        }
        try db.execute(sql: Tables.additions)
        try db.execute(sql: Tables.comesFirstIndex(schema))
        for kind in schema.records {
            guard try db.tableExists(kind.name) else {
                try db.execute(sql: Tables.recordTable(kind))
                continue
            }
            let present = Set(try db.columns(in: kind.name).map(\.name))
            for field in kind.fields where !present.contains(field.name) {
                try db.execute(
                    sql: "ALTER TABLE \"\(kind.name)\" ADD COLUMN \"\(field.name)\" \(Tables.columnType(field))")
            }
            for fields in kind.indexes { try db.execute(sql: Tables.index(kind, fields)) }
        }
    }
}

/// Which kinds and fields a build knows.
struct SchemaTags: Equatable {
    private(set) var fields: [UInt32: Set<UInt32>]

    init(_ schema: Schema) {
        fields = Dictionary(uniqueKeysWithValues: schema.records.map { ($0.tag, Set($0.fields.map(\.tag.raw))) })
    }

    /// - Returns: nil for what this type did not write.
    init?(_ text: String) {
        fields = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ").map { UInt32($0) }
            guard let kind = parts.first, let kind, !parts.contains(nil) else { return nil }
            fields[kind] = Set(parts.dropFirst().compactMap { $0 })
        }
    }

    /// A line for each kind: its tag, then those of its fields.
    var text: String {
        fields.sorted { $0.key < $1.key }
            .map { kind, fields in ([kind] + fields.sorted()).map(String.init).joined(separator: " ") }
            .joined(separator: "\n")
    }

    func refuseNewer(than build: SchemaTags) throws(StoreError) {
        for (kind, known) in fields {
            guard let here = build.fields[kind], known.isSubset(of: here) else { throw .newerSchema(kind: kind) }
        }
    }
}

extension Writer {
    /// Moves what an older build kept in clocks to this build's tables and columns, and looks at the quarantine again.
    func learn(_ known: SchemaTags?, revision: Int64, entersFeed: Bool) throws(StoreError) {
        let build = SchemaTags(schema)
        guard known != build || revision != Int64(Tables.revision) else { return }
        for kind in schema.records {
            let fields = Set(kind.fields.map(\.tag.raw)).subtracting(known?.fields[kind.tag] ?? [])
            if !fields.isEmpty { try reviveFields(kind, fields) }
            try reviveRecords(kind, fields)
        }
        try retryQuarantine(entersFeed: entersFeed)
        let set = try lookup("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)")
        set.bind(1, Meta.schemaKey)
        set.bind(2, build.text)
        try set.run()
        set.bind(1, Meta.revisionKey)
        set.bind(2, Int64(Tables.revision))
        try set.run()
    }

    private static let batch: Int64 = 1_000

    /// Gives columns the values that rows have in their clocks.
    private func reviveFields(_ kind: RecordKind, _ fields: Set<UInt32>) throws(StoreError) {
        guard let table = folder.tables[kind.tag] else { return }
        let select = try lookup("SELECT id, document, clock FROM \"\(kind.name)\" WHERE id > ? ORDER BY id LIMIT ?")
        var after: Int64? = Int64.min
        while let from = after {
            after = nil
            select.bind(1, from)
            select.bind(2, Writer.batch)
            defer { select.reset() }
            while try select.step() {
                after = select.integer(0)
                folder.revive(
                    LocalID(raw: select.integer(0)), LocalID(raw: select.integer(1)),
                    try folder.state(select, 2, table),
                    table, fields, isNew: false)
            }
            select.reset()
            try flush()
        }
    }

    /// Moves records of a kind that was unknown.
    private func reviveRecords(_ kind: RecordKind, _ fields: Set<UInt32>) throws(StoreError) {
        guard let table = folder.tables[kind.tag] else { return }
        let select = try lookup("SELECT id, document, clock FROM unknown_record WHERE kind = ? ORDER BY id LIMIT ?")
        let remove = try lookup("DELETE FROM unknown_record WHERE id = ?")
        while true {
            var ids: [Int64] = []
            select.bind(1, Int64(kind.tag))
            select.bind(2, Writer.batch)
            defer { select.reset() }
            while try select.step() {
                ids.append(select.integer(0))
                folder.revive(
                    LocalID(raw: select.integer(0)), LocalID(raw: select.integer(1)),
                    try folder.state(select, 2, table),
                    table, fields, isNew: true)
            }
            select.reset()
            guard !ids.isEmpty else { return }
            for id in ids {
                remove.bind(1, id)
                try remove.run()
            }
            try flush()
        }
    }
}
