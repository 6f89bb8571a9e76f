import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

extension ReplicaStore {
    /// Writes a backup of the store as it is at one moment to a new file, durably, while others read and write
    /// (sqlite.org, "Online Backup API"). The file says of itself that it is a backup: whatever is opened from it takes a
    /// new name.
    ///
    /// - Throws: ``StoreError/fileExists(path:)`` where there is a file already; nothing is then written.
    public func backUp(to path: String) throws(StoreError) {
        guard !fileExists(path) else { throw .fileExists(path: path) }
        let partial = path + ".partial-\(UInt32.random(in: .min ... .max))"
        defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partial + suffix) } }
        try ReplicaStore.asStoreErrors {
            let copy = try DatabaseQueue(path: partial)
            try backUp(into: copy)
            try copy.writeWithoutTransaction { db in
                // One file holds everything, and needs no log beside it.
                try db.execute(sql: "PRAGMA journal_mode = DELETE")
                try db.execute(sql: "PRAGMA synchronous = FULL")
                try db.execute(
                    sql: "INSERT OR REPLACE INTO meta(key, value) VALUES (?, 1)", arguments: [Meta.backupKey])
            }
            try copy.close()
        }
        try Files.publish(partial, as: path)
    }

    /// Makes a store in a new folder out of a backup. Opened, it takes a new name.
    public static func restore(from backup: String, to folder: String) throws(StoreError) {
        try asStoreErrors {
            var configuration = Configuration()
            configuration.readonly = true
            guard fileExists(backup) else { throw StoreError.file(path: backup, errno: ENOENT) }
            guard let source = try? DatabaseQueue(path: backup, configuration: configuration) else {
                throw StoreError.notABackup(path: backup)
            }
            defer { try? source.close() }
            try source.read { db in
                let mark = try? Int.fetchOne(
                    db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [Meta.backupKey])
                guard mark == 1 else { throw StoreError.notABackup(path: backup) }
                let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
                guard verdict == "ok" else { throw StoreError.damaged(place: backup, reason: verdict ?? "unreadable") }
            }
        }
        let path = folder + "/" + fileName
        guard !fileExists(path) else { throw .alreadyAStore(path: folder) }
        do { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) } catch {
            throw .file(path: folder, errno: errno)
        }
        let partial = path + ".partial"
        unlink(partial)
        do { try FileManager.default.copyItem(atPath: backup, toPath: partial) } catch {
            throw .file(path: partial, errno: errno)
        }
        chmod(partial, 0o600)
        try Files.sync(partial)
        guard rename(partial, path) == 0 else { throw .file(path: path, errno: errno) }
        try Files.syncFolder(of: path)
    }
}

/// Files beside the database.
enum Files {
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .file(path: path, errno: errno) }
    }

    /// Makes a file's name last, and not only what is in it.
    static func syncFolder(of path: String) throws(StoreError) {
        let cut = path.lastIndex(of: "/")
        try sync(cut.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".")
    }
}
