import CredentialStore
import Foundation
import GRDB
import ReplicaStore
import Tabular

/// What can be exported, each with its columns and the query that gives them in a fixed order.
///
/// Columns are read as bytes: what came in goes out, whatever it is.
public struct ExportTable: Sendable {
    /// The name and version in the file's first line.
    let version: String
    let columns: [String]
    private let query: String

    private static func text(_ columns: String...) -> String {
        columns.map { "CAST(\($0) AS BLOB)" }.joined(separator: ", ")
    }

    public static let people = ExportTable(
        version: "assay-people 1",
        columns: [
            "key", "number", "given", "family", "script", "birth_date", "language", "phone", "emails", "region",
            "preferred_name", "address", "hold",
        ],
        query: "SELECT "
            + text(
                "external_key", "candidate_number", "given_name", "family_name", "script", "date_of_birth", "language",
                "phone",
                "(SELECT group_concat(value, ' ') FROM json_each(emails))", "region", "preferred_name", "address",
                "hold")
            + " FROM person ORDER BY id")

    public static let bookings = ExportTable(
        version: "assay-bookings 1",
        columns: ["key", "person", "number", "session", "site", "start", "seat", "ticket", "arrival", "cancellation"],
        query: "SELECT "
            + text(
                "b.external_key", "p.external_key", "p.candidate_number", "s.external_key", "site.code",
                moment("s.start_time"), "seat.label", "b.ticket_code", "b.arrival", "b.cancellation")
                + """
                 FROM booking b LEFT JOIN person p ON p.id = b.document LEFT JOIN exam_session s ON s.id = b.exam_session
                 LEFT JOIN site ON site.id = s.site LEFT JOIN seat ON seat.id = b.seat ORDER BY b.id
                """)

    public static let scores = ExportTable(
        version: "assay-scores 1",
        columns: [
            "key", "booking", "person", "session", "component", "role", "raw", "entered_by", "entered_at", "corrects",
        ],
        query: "SELECT "
            + text(
                "e.external_key", "b.external_key", "p.external_key", "x.external_key", "c.code", "e.role", "e.raw",
                "e.entered_by", moment("e.entered_at"), "o.external_key")
                + """
                 FROM score_entry e LEFT JOIN sitting s ON s.id = e.sitting LEFT JOIN booking b ON b.id = s.booking
                 LEFT JOIN person p ON p.id = e.document LEFT JOIN exam_session x ON x.id = s.exam_session
                 LEFT JOIN component c ON c.id = e.component LEFT JOIN score_entry o ON o.id = e.supersedes ORDER BY e.id
                """)

    public static let cases = ExportTable(
        version: "assay-cases 1", columns: ["case", "rule", "standing", "until_decided", "summary"],
        query: "SELECT " + text("case_name", "rule", "standing", "effect", "summary")
            + " FROM violation WHERE standing <> 'settled' ORDER BY rule, key")

    private static func moment(_ column: String) -> String {
        "strftime('%Y-%m-%dT%H:%M:%SZ', \(column) / 1000, 'unixepoch')"
    }

    /// Writes every row, in constant memory, all of one moment.
    /// - Returns: the number of rows.
    public func write(
        _ store: CredentialStore, to writer: inout CSVWriter, progress: (Int) -> Void = { _ in }
    ) throws -> Int {
        try writer.write(header: columns, version: version)
        var count = 0
        var failure: TabularError?
        try store.replica.reading { db in
            let rows = try Row.fetchCursor(db, sql: query)
            var fields = [String](repeating: "", count: columns.count)
            while let row = try rows.next() {
                for index in columns.indices {
                    fields[index] = try row.withUnsafeData(atIndex: index) { data in
                        data.map { String(decoding: $0, as: UTF8.self) } ?? ""
                    }
                }
                do throws(TabularError) { try writer.write(row: fields) } catch {
                    failure = error
                    return
                }
                count += 1
                if count % 10_000 == 0 { progress(count) }
            }
        }
        if let failure { throw failure }
        return count
    }
}
