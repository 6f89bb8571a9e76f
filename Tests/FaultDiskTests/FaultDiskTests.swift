import FaultDisk
import Foundation
import GRDB
import GRDBSQLite
import Testing

/// SQLite on a simulated disk, without any of our own store.
@Suite("A simulated disk under SQLite")
struct FaultDiskTests {
    private func open(_ disk: FaultDisk, synchronous: String = "FULL") throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA synchronous = \(synchronous)") }
        let queue = try DatabaseQueue(path: "file:db?vfs=\(disk.vfs)", configuration: configuration)
        try queue.writeWithoutTransaction { db in
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "CREATE TABLE IF NOT EXISTS t(n INTEGER PRIMARY KEY, bytes BLOB)")
        }
        return queue
    }

    private func insert(_ count: Int, _ queue: DatabaseQueue) throws {
        for number in 0..<count {
            try queue.write { db in
                try db.execute(sql: "INSERT INTO t(bytes) VALUES (?)", arguments: [Data(count: number * 100)])
            }
        }
    }

    private func rows(_ disk: FaultDisk) throws -> Int? {
        let queue = try open(disk)
        return try queue.read { db in
            #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM t")
        }
    }

    @Test(
        "Whatever a power cut leaves of a synced database holds every commit", arguments: FaultDisk.Survivors.allCases)
    func synced(_ survivors: FaultDisk.Survivors) throws {
        let disk = FaultDisk(seed: 1, sectorBytes: 512)
        let queue = try open(disk)
        for committed in 1...10 {
            try insert(1, queue)
            if committed == 5 { _ = try queue.writeWithoutTransaction { db in try db.checkpoint(.truncate) } }
            for seed in 0..<10 as Range<UInt64> { #expect(try rows(disk.cut(seed: seed, survivors)) == committed) }
        }
    }

    @Test("Without syncs a power cut loses commits or the whole database: the control")
    func control() throws {
        let disk = FaultDisk(seed: 2)
        let queue = try open(disk, synchronous: "OFF")
        try insert(10, queue)
        #expect(try rows(disk.cut(seed: 1, .all)) == 10)
        #expect(disk.count(.sync) == 0)
        let kept = (0..<40 as Range<UInt64>).map { seed in try? rows(disk.cut(seed: seed)) }
        #expect(kept.contains { $0 != 10 })
    }

    @Test("A disk that lies about its syncs loses commits")
    func lies() throws {
        let disk = FaultDisk(seed: 3)
        disk.setLies(true)
        let queue = try open(disk)
        try insert(10, queue)
        #expect(disk.count(.sync) > 10)
        #expect(try rows(disk.cut(seed: 1, .none)) == 0)
    }

    @Test("The same seed leaves the same, another seed something else")
    func seeded() throws {
        let disk = FaultDisk(seed: 4)
        let queue = try open(disk, synchronous: "OFF")
        try insert(20, queue)
        let hashes = (0..<20 as Range<UInt64>).map { seed in disk.cut(seed: seed).hash }
        #expect(hashes == (0..<20 as Range<UInt64>).map { seed in disk.cut(seed: seed).hash })
        #expect(Set(hashes).count > 5)
    }

    @Test("A full disk refuses with SQLITE_FULL, and takes commits again when there is room")
    func full() throws {
        let disk = FaultDisk(seed: 5)
        let queue = try open(disk)
        disk.setCapacity(disk.used + 100_000)
        let refusal = #expect(throws: DatabaseError.self) { try insert(1_000, queue) }
        #expect(refusal?.resultCode == .SQLITE_FULL || refusal?.extendedResultCode.rawValue == 4_874)
        disk.setCapacity(nil)
        try insert(3, queue)
        let there = try queue.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM t") }
        #expect(try rows(disk.cut(seed: 1, .none)) == there)
    }

    @Test("A fault comes at the operation that it was asked for, once or for ever")
    func faults() throws {
        let disk = FaultDisk(seed: 6)
        let queue = try open(disk)
        disk.fail(.sync, after: 2)
        try insert(2, queue)
        let error = #expect(throws: DatabaseError.self) { try insert(1, queue) }
        #expect(error?.extendedResultCode == .SQLITE_IOERR_FSYNC)
        try insert(5, queue)
        disk.fail([.write, .sync], after: 0, forever: true, code: SQLITE_IOERR)
        for _ in 0..<3 { #expect(throws: DatabaseError.self) { try insert(1, queue) } }
        disk.heal()
        try insert(1, queue)
        #expect(disk.faults >= 4)
        #expect(try rows(disk.cut(seed: 1, .none)) == 8)
    }

    @Test("Connections of one process share a database: readers keep their snapshot while a writer goes on")
    func pool() throws {
        let disk = FaultDisk(seed: 7)
        let pool = try DatabasePool(path: "file:db?vfs=\(disk.vfs)")
        try pool.write { db in try db.execute(sql: "CREATE TABLE t(n INTEGER PRIMARY KEY, bytes BLOB)") }
        DispatchQueue.concurrentPerform(iterations: 6) { worker in
            for _ in 0..<40 {
                if worker < 2 {
                    try? pool.write { db in
                        try db.execute(sql: "INSERT INTO t(bytes) VALUES (1); INSERT INTO t(bytes) VALUES (2)")
                    }
                    if worker == 0 { _ = try? pool.writeWithoutTransaction { db in try db.checkpoint(.passive) } }
                } else {
                    let counts = try? pool.read { db in
                        (
                            try Int.fetchOne(db, sql: "SELECT count(*) FROM t"),
                            try Int.fetchOne(db, sql: "SELECT count(n) FROM t")
                        )
                    }
                    #expect(counts != nil && counts?.0 == counts?.1 && (counts?.0 ?? 1) % 2 == 0)
                }
            }
        }
        #expect(try pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM t") } == 160)
        try pool.close()
        #expect(disk.size("db-wal") == nil)
        #expect(try rows(disk) == 160)
    }

    @Test("What was open when the power went can still be closed, and writes nothing more")
    func off() throws {
        let disk = FaultDisk(seed: 8)
        let queue = try open(disk)
        try insert(3, queue)
        let left = disk.cut(seed: 1, .none)
        let hash = disk.hash
        disk.powerOff()
        #expect(throws: DatabaseError.self) { try insert(1, queue) }
        try? queue.close()
        #expect(disk.hash == hash)
        #expect(try rows(left) == 3)
    }
}
