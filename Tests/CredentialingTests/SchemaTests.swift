import Credentialing
import Merging
import Testing

@Suite("The schema")
struct SchemaTests {
    private let schema = CredentialingSchema.schema

    /// One line for each document kind, record kind, index and field, as they must stay for ever.
    static func listing(_ schema: Schema) -> String {
        var lines: [String] = []
        for document in schema.documents {
            lines.append("\(document.tag) \(document.name)")
            for record in document.records {
                lines.append("  \(record.tag) \(record.name)\(record.isAppendOnly ? " append-only" : "")")
                for index in record.indexes { lines.append("    index \(index.joined(separator: ", "))") }
                for field in record.fields {
                    let number = field.tag.raw >> 2
                    lines.append("    \(number) \(field.name) \(type(field)) \(policy(field)) \(field.tag.mergeClass)")
                }
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func type(_ field: Field) -> String {
        if case .enumeration(let words) = field.type {
            "enumeration(\(words.joined(separator: "|")))"
        } else {
            "\(field.type)"
        }
    }

    private static func policy(_ field: Field) -> String {
        if case .ranked(let words) = field.policy {
            "ranked(\(words.joined(separator: "<")))"
        } else {
            "\(field.policy)"
        }
    }

    @Test("Tags, names, types, policies and classes are those of the frozen listing")
    func frozen() {
        #expect(SchemaTests.listing(schema) == frozenListing)
    }

    @Test("No number and no name is used twice, whether declared or reserved")
    func unique() {
        var fields: [UInt32: [(number: UInt32, name: String)]] = [:]
        var names: [UInt32: String] = [:]
        for record in schema.records {
            #expect(names[record.tag] == nil, "record tag \(record.tag) twice")
            names[record.tag] = record.name
            fields[record.tag] = record.fields.map { (number: $0.tag.raw >> 2, name: $0.name) }
        }
        let declared = Set(names.keys)
        for entry in ReservedTags.entries {
            if declared.contains(entry.record) {
                #expect(
                    names[entry.record] == entry.name, "fields of \(entry.name) are reserved under another record's tag"
                )
            } else {
                #expect(names[entry.record] == nil, "record tag \(entry.record) twice")
                names[entry.record] = entry.name
            }
            fields[entry.record, default: []] += entry.fields
        }
        #expect(Set(names.values).count == names.count, "a record's name twice")
        for (record, list) in fields {
            #expect(Set(list.map(\.number)).count == list.count, "a number twice in \(names[record] ?? "")")
            #expect(Set(list.map(\.name)).count == list.count, "a field twice in \(names[record] ?? "")")
        }
        #expect(Set(schema.documents.map(\.tag)).count == schema.documents.count)
    }

    @Test("Tables and columns are snake case, no keywords of SQL and no columns that the store has itself")
    func names() {
        let own: Set<String> = ["name", "document", "clock", "rowid", "oid", "_rowid_", "kind"]
        let all =
            schema.records.map(\.name) + schema.records.flatMap { $0.fields.map(\.name) }
            + ReservedTags.entries.flatMap { [$0.name] + $0.fields.map(\.name) }
        for name in all {
            #expect(name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }, "\(name)")
            #expect(!own.contains(name), "\(name) is the store's")
            #expect(!sqliteKeywords.contains(name.uppercased()), "\(name) is a keyword")
        }
    }

    @Test("Policies and record kinds agree: once in append-only records, and there alone")
    func policies() {
        for record in schema.records {
            for field in record.fields {
                #expect((field.policy == .once) == record.isAppendOnly, "\(record.name).\(field.name)")
                if case .ranked(let order) = field.policy { #expect(field.type == .enumeration(order)) }
            }
            for index in record.indexes {
                for name in index { #expect(record.field(named: name)?.policy != .addWins, "\(record.name).\(name)") }
            }
        }
    }

    @Test("Every document has a root record, and all but cases' resolutions say who receives it")
    func roots() throws {
        for document in schema.documents {
            let root = try #require(CredentialingSchema.root(of: document))
            #expect(root.field(named: "scopes") == CredentialingSchema.scopes, "\(root.name)")
        }
    }
}

/// https://sqlite.org/lang_keywords.html
private let sqliteKeywords = Set(
    """
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE CASE
    CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP
    DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE EXCEPT EXCLUDE EXCLUSIVE
    EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP GROUPS HAVING IF IGNORE IMMEDIATE
    IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN KEY LAST LEFT LIKE LIMIT MATCH
    MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER OTHERS OUTER OVER PARTITION PLAN PRAGMA
    PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT
    ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE
    UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH WITHOUT
    """.split { $0 == " " || $0 == "\n" }.map(String.init))
