import GRDBSQLite

/// A file that only takes up room. When the disk is full it makes way for what must still be written: receipts, cursors
/// and small syncs. New work waits until it stands again, so that people do not fill what syncing needs.
struct DiskReserve: Sendable {
    /// Some dozens of small transactions in the write-ahead log, and its index.
    static let bytes = 512 * 1_024

    private let path: String
    private let vfs: String?

    init(_ file: DatabaseFile) {
        path = file.folder + "/reserve"
        vfs = file.vfs
    }

    private var system: UnsafeMutablePointer<sqlite3_vfs>? { sqlite3_vfs_find(vfs) }

    var isThere: Bool {
        var isThere: Int32 = 0
        guard let system, system.pointee.xAccess(system, path, SQLITE_ACCESS_EXISTS, &isThere) == SQLITE_OK else {
            return false
        }
        return isThere != 0
    }

    /// Gives the room back to the disk.
    func spend() {
        guard let system else { return }
        _ = system.pointee.xDelete(system, path, 0)
    }

    /// Takes the room, where that has not been done.
    /// - Throws: `disk-full` where there is none; nothing is then taken.
    func fill() throws(StoreError) {
        guard !isThere else { return }
        let status = write()
        guard status == SQLITE_OK else {
            spend()
            throw .sqlite(code: status, message: "no room is left for syncing")
        }
    }

    /// Takes the room again where a crash left less of it.
    func restore() throws(StoreError) {
        guard isThere else { return try fill() }
        var size: Int64 = 0
        let status = withFile { methods, file in methods.xFileSize(file, &size) }
        guard status == SQLITE_OK, size < DiskReserve.bytes else { return }
        spend()
        try fill()
    }

    private func write() -> Int32 {
        // SQLite's own file system takes at most 128 KiB less one byte at once.
        let noise = DiskReserve.noise
        return withFile { methods, file in
            for offset in stride(from: 0, to: DiskReserve.bytes, by: noise.count) {
                let status = noise.withUnsafeBytes { bytes in
                    methods.xWrite(file, bytes.baseAddress, Int32(bytes.count), Int64(offset))
                }
                guard status == SQLITE_OK else { return status }
            }
            return methods.xSync(file, SQLITE_SYNC_NORMAL)
        }
    }

    private func withFile(_ body: (sqlite3_io_methods, UnsafeMutablePointer<sqlite3_file>) -> Int32) -> Int32 {
        guard let system else { return SQLITE_ERROR }
        // What an open file is made of is the file system's own affair, and so is its size.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(system.pointee.szOsFile), alignment: 16)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(system.pointee.szOsFile))
        let file = memory.assumingMemoryBound(to: sqlite3_file.self)
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL
        let status = system.pointee.xOpen(system, path, file, flags, nil)
        guard status == SQLITE_OK, let methods = file.pointee.pMethods else { return status }
        defer { _ = methods.pointee.xClose(file) }
        return body(methods.pointee, file)
    }

    /// A file system that compresses would take next to no room for zeros.
    private static var noise: [UInt8] {
        var state = UInt64.random(in: .min ... .max)
        var words = [UInt64](repeating: 0, count: 64 * 1_024 / 8)
        for index in words.indices {
            // Knuth's multiplier and increment for numbers of 64 bits (TAOCP 2, 3.3.4).
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            words[index] = state
        }
        return words.withUnsafeBytes { Array($0) }
    }
}
