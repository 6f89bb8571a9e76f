import Foundation
import GRDB

/// A private temporary database. Its file has no name, stands where SQLite puts temporary files (`SQLITE_TMPDIR`, else
/// `TMPDIR`, else `/var/tmp`), and is gone with the process however that ends.
final class KeptDatabase {
    private let queue: DatabaseQueue

    /// Throws `file` where no temporary file can be made.
    init() throws(TabularError) {
        var configuration = Configuration()
        configuration.label = "assay-import"
        // Nothing here has to outlive this value: one transaction that nobody ends is the fastest.
        configuration.allowsUnsafeTransactions = true
        queue = try KeptDatabase.asTabularError {
            // To SQLite an empty path is a temporary file.
            let queue = try DatabaseQueue(path: "", configuration: configuration)
            try queue.inDatabase { db in
                try db.execute(sql: "PRAGMA journal_mode = OFF")
                try db.execute(sql: "PRAGMA cache_size = -\(ImportLimits.keptCacheBytes / 1024)")
                try db.execute(sql: "BEGIN")
            }
            return queue
        }
    }

    func makeTable(_ number: Int, columns: Int) throws(TabularError) -> Table {
        try Table(queue, "kept_\(number)", columns)
    }

    /// One table: a key, and values beside it. All are blobs, which SQLite compares and gives back byte for byte.
    final class Table {
        private let queue: DatabaseQueue
        private let columns: Int
        private let select: Statement
        private let insert: Statement

        fileprivate init(_ queue: DatabaseQueue, _ name: String, _ columns: Int) throws(TabularError) {
            self.queue = queue
            self.columns = columns
            let names = (0..<columns).map { "c\($0)" }
            (select, insert) = try KeptDatabase.asTabularError {
                try queue.inDatabase { db in
                    let declared = names.map { ", \($0) BLOB NOT NULL" }.joined()
                    try db.execute(
                        sql: "CREATE TABLE \(name)(key BLOB PRIMARY KEY\(declared)) STRICT, WITHOUT ROWID")
                    let marks = String(repeating: ", ?", count: columns)
                    return (
                        try db.makeStatement(
                            sql:
                                "SELECT \(columns == 0 ? "1" : names.joined(separator: ", ")) FROM \(name) WHERE key = ?"
                        ),
                        try db.makeStatement(sql: "INSERT INTO \(name) VALUES (?\(marks))")
                    )
                }
            }
        }

        func row(_ key: String) throws(TabularError) -> [String]? {
            try KeptDatabase.asTabularError {
                try queue.inDatabase { _ in
                    let rows = try Row.fetchCursor(select, arguments: [Data(key.utf8)])
                    guard let row = try rows.next() else { return nil }
                    return try (0..<columns).map { column in
                        try row.withUnsafeData(atIndex: column) { data in
                            data.map { String(decoding: $0, as: UTF8.self) } ?? ""
                        }
                    }
                }
            }
        }

        func insert(_ key: String, _ row: [String]) throws(TabularError) {
            try KeptDatabase.asTabularError {
                try queue.inDatabase { _ in
                    try insert.execute(arguments: StatementArguments([Data(key.utf8)] + row.map { Data($0.utf8) }))
                }
            }
        }
    }

    private static func asTabularError<Result>(_ body: () throws -> Result) throws(TabularError) -> Result {
        do { return try body() } catch {
            throw TabularError(
                .file, "what the mapping looks up does not fit into the temporary file (\(error))",
                advice: "Make room where temporary files go, or set SQLITE_TMPDIR to a folder with room.")
        }
    }
}
