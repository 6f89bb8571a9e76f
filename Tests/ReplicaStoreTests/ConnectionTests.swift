import GRDBSQLite
import Testing

import class GRDB.Database

@testable import ReplicaStore

@Suite("Connections and their statements")
struct ConnectionTests {
    @Test("A statement that could be prepared only later does not run with half of its values")
    func preparedLater() throws {
        let test = try TestStore(1)
        let (isRefused, sum) = try test.store.onWriter { writer throws(StoreError) -> (Bool, Int64) in
            let insert = Statement(writer.connection, "INSERT INTO late VALUES (?, ?)")
            insert.bind(1, 7)
            try Statement(writer.connection, "CREATE TABLE late(a INTEGER, b INTEGER)").run()
            insert.bind(2, 8)
            var isRefused = false
            do throws(StoreError) { try insert.run() } catch { isRefused = true }
            insert.bind(1, 7)
            insert.bind(2, 8)
            try insert.run()
            let sums = Statement(writer.connection, "SELECT sum(a + b) FROM late")
            return try sums.step() ? (isRefused, sums.integer(0)) : (isRefused, 0)
        }
        #expect(isRefused)
        #expect(sum == 15)
    }

    /// SQLite's connections may be used by one thread at a time, and statements are given up on any.
    @Test("Where the connections are made anew, those that somebody reads on keep their statements until he is done")
    func keptWhileRead() throws {
        let test = try TestStore(1)
        _ = try test.store.makePerson()
        // Whoever reads the log is waited for; with all of it in the database, readers take nothing from it.
        try test.store.onWriter { writer throws(StoreError) in
            try Statement(writer.connection, "PRAGMA wal_checkpoint(PASSIVE)").run()
        }
        #expect(try test.store.heldOrigins() == [test.replica])
        let (before, after) = try test.store.reading { db in
            let before = statements(of: db)
            do throws(StoreError) {
                try test.store.writing { _ throws(StoreError) in
                    throw .sqlite(code: SQLITE_IOERR, message: "a sync that failed")
                }
            } catch {}
            _ = try test.store.makePerson()
            return (before, statements(of: db))
        }
        #expect(before > 0)
        #expect(after == before)
        #expect(try test.store.check() == [])
    }

    private func statements(of db: Database) -> Int {
        var count = 0
        var next = sqlite3_next_stmt(db.sqliteConnection, nil)
        while let statement = next {
            count += 1
            next = sqlite3_next_stmt(db.sqliteConnection, statement)
        }
        return count
    }
}
