import ByteCoding
import GRDBSQLite
import HybridTime
import Merging

/// A statement of one connection, stepped without any layer between: the hot paths' only way to SQLite. It is prepared
/// when it is first used, because a session's look at the store needs few of those that its tables have. Used on its
/// connection's queue alone.
final class Statement {
    private let connection: OpaquePointer
    let sql: String
    private var prepared: OpaquePointer?
    /// Why it could not be prepared or bound; the next step says so.
    private var refusal: StoreError?

    init(_ connection: OpaquePointer, _ sql: String) {
        self.connection = connection
        self.sql = sql
    }

    deinit { sqlite3_finalize(prepared) }

    /// Nil where it cannot be prepared.
    private var handle: OpaquePointer? { prepared ?? prepare() }

    private func prepare() -> OpaquePointer? {
        let status = sqlite3_prepare_v3(connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        // Where a later try succeeds, the values that came before are missing: the first refusal stays.
        if status != SQLITE_OK, refusal == nil {
            refusal = .sqlite(code: status, message: "\(String(cString: sqlite3_errmsg(connection))) in \(sql)")
        }
        return prepared
    }

    private var failure: StoreError {
        .sqlite(code: sqlite3_extended_errcode(connection), message: String(cString: sqlite3_errmsg(connection)))
    }

    // MARK: Binding, parameters counted from 1

    /// A statement that runs or ran and was not reset takes no values: it would go on with those of the last time.
    private func bound(_ status: Int32) {
        if status != SQLITE_OK, refusal == nil { refusal = .sqlite(code: status, message: "a value for \(sql)") }
    }

    func bind(_ index: Int32, _ value: Int64) { bound(sqlite3_bind_int64(handle, index, value)) }

    func bindNull(_ index: Int32) { bound(sqlite3_bind_null(handle, index)) }

    func bind(_ index: Int32, _ text: String) {
        var copy = text
        copy.withUTF8 { utf8 in
            // An empty string may have no address, and SQLite takes that for NULL.
            if let start = utf8.baseAddress {
                start.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
                    bound(sqlite3_bind_text(handle, index, $0, Int32(utf8.count), transient))
                }
            } else {
                bound(sqlite3_bind_text(handle, index, "", 0, transient))
            }
        }
    }

    func bind(_ index: Int32, _ bytes: some Collection<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { buffer in
            if buffer.isEmpty {
                bound(sqlite3_bind_zeroblob(handle, index, 0))
            } else {
                bound(sqlite3_bind_blob(handle, index, buffer.baseAddress, Int32(buffer.count), transient))
            }
        }
        if done == nil { bind(index, Array(bytes)) }
    }

    func bind(_ index: Int32, _ digest: Digest256) {
        let words = (
            digest.words.0.bigEndian, digest.words.1.bigEndian, digest.words.2.bigEndian, digest.words.3.bigEndian
        )
        withUnsafeBytes(of: words) { bound(sqlite3_bind_blob(handle, index, $0.baseAddress, 32, transient)) }
    }

    // MARK: Stepping

    /// - Returns: whether there is a row.
    func step() throws(StoreError) -> Bool {
        let handle = handle
        if let refusal {
            self.refusal = nil
            reset()
            throw refusal
        }
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = failure
            sqlite3_reset(handle)
            throw error
        }
    }

    func reset() {
        refusal = nil
        sqlite3_reset(prepared)
    }

    func clear() { sqlite3_clear_bindings(handle) }

    /// Runs a statement that gives no rows.
    func run() throws(StoreError) {
        _ = try step()
        sqlite3_reset(handle)
    }

    // MARK: Columns, counted from 0

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        withBytes(column) { Array($0) }
    }

    /// The column's bytes where SQLite holds them; valid within `body`.
    func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, column)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

/// SQLite copies what is bound before the call returns.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
