import GRDBSQLite

/// Where a store's database is.
struct DatabaseFile: Sendable {
    let folder: String
    /// SQLite's name of the file system; nil for the system's.
    let vfs: String?

    var path: String { folder + "/" + ReplicaStore.fileName }

    /// What SQLite opens: a path, or a URI where a file system is named (https://www.sqlite.org/uri.html).
    var sqliteName: String {
        guard let vfs else { return path }
        var escaped = ""
        for scalar in path.unicodeScalars {
            switch scalar {
            case "%": escaped += "%25"
            case "?": escaped += "%3f"
            case "#": escaped += "%23"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return "file:\(escaped)?vfs=\(vfs)"
    }

    /// Whether there is a file that is not empty.
    func exists() throws(StoreError) -> Bool {
        guard let vfs else { return fileExists(path) }
        guard let system = sqlite3_vfs_find(vfs) else {
            throw .sqlite(code: SQLITE_ERROR, message: "no such vfs: \(vfs)")
        }
        var isThere: Int32 = 0
        let status = system.pointee.xAccess(system, path, SQLITE_ACCESS_EXISTS, &isThere)
        guard status == SQLITE_OK else { throw .sqlite(code: status, message: "cannot look for \(path)") }
        return isThere != 0
    }
}
