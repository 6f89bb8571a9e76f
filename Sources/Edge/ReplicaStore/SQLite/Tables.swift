import GRDB
import Merging

/// The tables. Those of records follow from the schema; the others are the engine's own.
enum Tables {
    /// The store's format. A build refuses a greater one.
    static let format = 1
    /// Grows when this build folds what an older one put aside; quarantine is then looked at again.
    static let revision = 1
    /// Small pages at a site: a commit changes a few rows and writes, checksums and later copies each of their pages
    /// whole. A hub folds thousands of change sets into a hundred times as many rows, and gains by shallow trees.
    static func pageBytes(isHub: Bool) -> Int { isHub ? 4_096 : 1_024 }
    /// The write-ahead log's length at which a commit folds it into the database.
    static let checkpointBytes = 4 << 20
    /// The same while a store is being filled (a bootstrap, an import): each fold copies pages that the next chunk writes
    /// again, mostly those of indexes.
    static let fillingCheckpointBytes = 32 << 20
    /// How much of the database the writer keeps in memory: the indexes of 100,000 people, which fill in random order.
    static let cacheBytes = 16 << 20
    /// Where records stand whose kind this build does not know.
    static let unknownRecord = "unknown_record"

    static let engine = """
        CREATE TABLE meta(
            key TEXT PRIMARY KEY, value ANY NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Every incarnation that this store has heard of; head is its hash chain's, up to head_sequence.
        CREATE TABLE origin(
            n INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE,
            head_sequence INTEGER NOT NULL, head BLOB NOT NULL
        ) STRICT;

        -- What is merged: one row a document.
        CREATE TABLE document(
            id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, salt BLOB NOT NULL, stamp INTEGER NOT NULL,
            context BLOB NOT NULL, digest BLOB
        ) STRICT;

        -- The journal: runs of change sets of one origin as they came, and this replica's newest, one by one.
        CREATE TABLE segment(
            n INTEGER PRIMARY KEY AUTOINCREMENT, origin INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            head BLOB, bytes BLOB NOT NULL
        ) STRICT;
        CREATE INDEX segment_range ON segment(origin, last);
        -- Which sequences of an origin the segments hold, as few ranges as there are gaps.
        CREATE TABLE held(
            origin INTEGER NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (origin, last)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tail(
            sequence INTEGER PRIMARY KEY, head BLOB NOT NULL, bytes BLOB NOT NULL
        ) STRICT;

        -- Change sets that wait: for dots that are not covered yet, or for a build that can read them.
        CREATE TABLE parked(
            document INTEGER NOT NULL, origin INTEGER NOT NULL, sequence INTEGER NOT NULL,
            missing_origin INTEGER NOT NULL, missing_sequence INTEGER NOT NULL,
            PRIMARY KEY (document, origin, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE quarantine(
            origin INTEGER NOT NULL, sequence INTEGER NOT NULL, document INTEGER NOT NULL,
            code TEXT NOT NULL, reason TEXT NOT NULL, bytes BLOB NOT NULL,
            PRIMARY KEY (origin, sequence)
        ) STRICT, WITHOUT ROWID;

        -- What a hub offers to those below it: ranges of segments, in the order in which they became covered. An entry
        -- of segment 0 is where state came in: those who stand before it take a snapshot.
        CREATE TABLE feed(
            position INTEGER PRIMARY KEY AUTOINCREMENT, segment INTEGER NOT NULL REFERENCES segment(n),
            first INTEGER NOT NULL, last INTEGER NOT NULL
        ) STRICT;

        -- Where this replica stands with its hub, and what the hub has said is durable.
        CREATE TABLE cursor(
            hub INTEGER NOT NULL, epoch INTEGER NOT NULL, scope TEXT NOT NULL,
            position INTEGER NOT NULL, bootstrap BLOB,
            PRIMARY KEY (hub, epoch, scope)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE receipt(
            hub INTEGER NOT NULL, epoch INTEGER NOT NULL, origin INTEGER NOT NULL,
            last INTEGER NOT NULL, first INTEGER NOT NULL,
            PRIMARY KEY (hub, epoch, origin, last)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE at_hq(
            origin INTEGER NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (origin, last)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE parent(
            hub INTEGER NOT NULL, epoch INTEGER NOT NULL, receipt_mark INTEGER NOT NULL, met INTEGER NOT NULL,
            PRIMARY KEY (hub, epoch)
        ) STRICT, WITHOUT ROWID;

        -- What rules across records found. Derived after every merge, never replicated.
        CREATE TABLE violation(
            key TEXT PRIMARY KEY, rule TEXT NOT NULL, case_name TEXT NOT NULL, standing TEXT NOT NULL,
            effect TEXT NOT NULL, summary TEXT NOT NULL, body BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX violation_case ON violation(case_name);
        CREATE INDEX violation_standing ON violation(standing, rule);
        CREATE TABLE violation_member(
            record INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (record, key)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX violation_member_key ON violation_member(key);
        """

    /// Stores that were made before these were there get them when they are opened.
    static let additions = """
        -- Records of kinds that a newer build made: every cell is in the clock, and a build that knows the kind moves them.
        CREATE TABLE IF NOT EXISTS unknown_record(
            id INTEGER PRIMARY KEY, document INTEGER NOT NULL, clock BLOB NOT NULL, kind INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS unknown_record_document ON unknown_record(document)
            WHERE (id >> 11) <> (document >> 11);
        CREATE INDEX IF NOT EXISTS unknown_record_kind ON unknown_record(kind);

        -- Documents whose state has to come from the hub, because the journal here does not reach back far enough.
        CREATE TABLE IF NOT EXISTS wanted(document INTEGER PRIMARY KEY, reason TEXT NOT NULL) STRICT;

        -- Documents whose state reaches further than any journal that was asked: an administrator may salvage them.
        CREATE TABLE IF NOT EXISTS orphan(document INTEGER PRIMARY KEY) STRICT;

        -- What is known of forks, each fact in bytes (Protocol, "Forks"): the same as in the records, in one place.
        CREATE TABLE IF NOT EXISTS fork_fact(bytes BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

        -- Documents whose digest is void, and the sum of the others'.
        CREATE INDEX IF NOT EXISTS document_stale ON document(id) WHERE digest IS NULL;
        INSERT OR IGNORE INTO meta(key, value) VALUES ('digest_sum', zeroblob(32));

        -- What was put right: where no disk failed there is nothing.
        CREATE TABLE IF NOT EXISTS repair(
            n INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL DEFAULT (unixepoch() * 1000),
            document INTEGER NOT NULL, how TEXT NOT NULL, reason TEXT NOT NULL
        ) STRICT;

        -- Scopes that this store keeps an account of: its own, where it does not want everything, and those that replicas
        -- below asked for. A reader of a scope's feed that stands before the floor takes a snapshot; digest is the sum
        -- over the scope's documents.
        CREATE TABLE IF NOT EXISTS scope(
            n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, is_own INTEGER NOT NULL,
            is_served INTEGER NOT NULL, floor INTEGER NOT NULL, digest BLOB NOT NULL
        ) STRICT;
        CREATE TABLE IF NOT EXISTS document_scope(
            document INTEGER NOT NULL, scope INTEGER NOT NULL, PRIMARY KEY (document, scope)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS document_scope_scope ON document_scope(scope, document);

        -- The feeds of served scopes: runs of change sets, or a document that came, went or was changed otherwise.
        CREATE TABLE IF NOT EXISTS scope_feed(
            position INTEGER PRIMARY KEY AUTOINCREMENT, scope INTEGER NOT NULL, document INTEGER NOT NULL,
            origin INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX IF NOT EXISTS scope_feed_scope ON scope_feed(scope, position);
        CREATE INDEX IF NOT EXISTS scope_feed_document ON scope_feed(document, scope) WHERE document <> 0;

        -- Documents that went from here because they left this replica's scopes: their context and scopes.
        CREATE TABLE IF NOT EXISTS gone(document INTEGER PRIMARY KEY, state BLOB NOT NULL) STRICT;
        -- Documents that are in none of this replica's scopes, or unknown here: the hub is asked about them.
        CREATE TABLE IF NOT EXISTS stray(document INTEGER PRIMARY KEY) STRICT;
        -- What the journal held, and was taken away on purpose; and the chain's head where such a part ends.
        CREATE TABLE IF NOT EXISTS checkpoint(
            origin INTEGER NOT NULL, sequence INTEGER NOT NULL, head BLOB NOT NULL, PRIMARY KEY (origin, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS trimmed(
            origin INTEGER NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, PRIMARY KEY (origin, last)
        ) STRICT, WITHOUT ROWID;

        -- Where replicas below stood in feeds when they last said so: what lies before all of them is folded away.
        CREATE TABLE IF NOT EXISTS subscriber(
            replica INTEGER NOT NULL, scope TEXT NOT NULL, position INTEGER NOT NULL, seen INTEGER NOT NULL,
            PRIMARY KEY (replica, scope)
        ) STRICT, WITHOUT ROWID;
        -- How far the journal reached at some times, by this device's clock: what claims of age are judged by.
        CREATE TABLE IF NOT EXISTS journal_mark(at INTEGER PRIMARY KEY, segment INTEGER NOT NULL) STRICT;
        """

    /// Which documents a replica that is being filled gets first, as a condition; nil where the schema names none.
    static func comesFirst(_ schema: Schema) -> String? {
        let tags = schema.documents.filter(\.comesFirst).map { "\($0.tag)" }
        return tags.isEmpty ? nil : "kind IN (\(tags.joined(separator: ", ")))"
    }

    /// Finds those documents. Another build's list of kinds makes another index.
    static func comesFirstIndex(_ schema: Schema) -> String {
        guard let condition = comesFirst(schema) else { return "" }
        let tags = schema.documents.filter(\.comesFirst).map { "_\($0.tag)" }.joined()
        return "CREATE INDEX IF NOT EXISTS document_first\(tags) ON document(id) WHERE \(condition);\n"
    }

    /// The column type that a field's values are stored in.
    static func columnType(_ type: FieldType) -> String {
        switch type {
        case .integer, .boolean, .timestamp, .reference: "INTEGER"
        case .text, .date, .enumeration: "TEXT"
        case .bytes: "BLOB"
        }
    }

    /// The column of a field; sets are shown as JSON text.
    static func columnType(_ field: Field) -> String {
        field.policy == .addWins ? "TEXT" : columnType(field.type)
    }

    static func recordTable(_ kind: RecordKind) -> String {
        let columns = kind.fields.map { ", \"\($0.name)\" \(columnType($0))" }.joined()
        var sql = """
            CREATE TABLE "\(kind.name)"(
                id INTEGER PRIMARY KEY, document INTEGER NOT NULL, clock BLOB NOT NULL\(columns)
            ) STRICT;

            """
        // Records made together with their document are found by their identifiers; only the others need an index.
        sql += """
            CREATE INDEX "\(kind.name)_document" ON "\(kind.name)"(document) WHERE (id >> 11) <> (document >> 11);

            """
        return sql + kind.indexes.map { index(kind, $0) }.joined()
    }

    static func index(_ kind: RecordKind, _ fields: [String]) -> String {
        let columns = fields.map { "\"\($0)\"" }.joined(separator: ", ")
        return
            "CREATE INDEX IF NOT EXISTS \"\(kind.name)_\(fields.joined(separator: "_"))\" ON \"\(kind.name)\"(\(columns));\n"
    }
}
