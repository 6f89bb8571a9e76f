import ByteCoding
import GRDBSQLite
import HybridTime
import Merging

/// The clock codec over a few origins in memory, for tests and fuzzers that hand it the bytes of a damaged file.
package final class ClockProbe {
    private let connection: OpaquePointer
    private let codec: ClockCodec
    private let table: RecordTable
    private var buffer = ByteWriter()

    /// - Parameter ids: the origins that clocks name as 1, 2, 3 ….
    package init(_ kind: RecordKind, origins ids: [ReplicaID]) throws(StoreError) {
        var handle: OpaquePointer?
        guard sqlite3_open(":memory:", &handle) == SQLITE_OK, let handle else {
            throw .sqlite(code: SQLITE_CANTOPEN, message: "no database in memory")
        }
        connection = handle
        let create = "CREATE TABLE origin(n INTEGER PRIMARY KEY, id INTEGER, head_sequence INTEGER, head BLOB)"
        try Statement(handle, create).run()
        codec = ClockCodec(origins: try OriginNumbers(handle))
        table = RecordTable(kind, handle)
        for id in ids { _ = try codec.origins.number(id) }
    }

    /// Statements that still stand keep the connection open until they go.
    deinit { sqlite3_close_v2(connection) }

    package func read(_ bytes: [UInt8]) throws(StoreError) -> RecordState {
        try bytes.withUnsafeBytes { raw in
            Result { () throws(StoreError) in try codec.read(raw, table) }
        }.get()
    }

    package func write(_ state: RecordState) throws(StoreError) -> [UInt8] {
        try codec.write(state, table, into: &buffer)
        return buffer.bytes
    }
}
