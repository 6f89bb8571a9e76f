import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A Unix domain socket beside a store, which its owner alone may use: who may read the store may ask its hub, and nobody
/// else on the machine. It needs no port and no word of where it is.
enum LocalSocket {
    static let fileName = "hub.sock"

    enum Failure: Error, Equatable {
        /// Another process answers there already.
        case taken
        /// What the system said, in its own words.
        case system(String)
    }

    /// Binds and listens. A socket that a killed hub left behind is replaced.
    /// - Returns: the descriptor, and what the file is known by.
    static func listen(in folder: String) throws(Failure) -> (descriptor: CInt, file: ino_t) {
        if let other = try connect(in: folder) {
            close(other)
            throw .taken
        }
        let descriptor = try made()
        do throws(Failure) {
            // Set before it has a name, so that nobody else ever sees it open to them.
            guard fchmod(descriptor, 0o600) == 0 else { throw .last }
            let fresh = ".\(fileName).\(getpid())"
            let (from, to) = (folder + "/" + fresh, folder + "/" + fileName)
            unlink(from)
            guard try at(folder, fresh, { bind(descriptor, $0, $1) }) == 0 else { throw .last }
            guard Glibc.listen(descriptor, 16) == 0, rename(from, to) == 0 else {
                let failure = Failure.last
                unlink(from)
                throw failure
            }
            return (descriptor, inode(to) ?? 0)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// - Returns: nil where nobody listens.
    static func connect(in folder: String) throws(Failure) -> CInt? {
        let descriptor = try made()
        guard try at(folder, fileName, { Glibc.connect(descriptor, $0, $1) }) != 0 else { return descriptor }
        let code = errno
        close(descriptor)
        if code == ENOENT || code == ECONNREFUSED || code == ENOTDIR { return nil }
        throw .system(String(cString: strerror(code)))
    }

    /// Removes the socket, unless another hub has put its own there since.
    static func remove(in folder: String, _ file: ino_t) {
        let path = folder + "/" + fileName
        if inode(path) == file { unlink(path) }
    }

    private static func inode(_ path: String) -> ino_t? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? facts.st_ino : nil
    }

    private static func made() throws(Failure) -> CInt {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .last }
        return descriptor
    }

    /// Names a file of the folder by the folder's descriptor: a socket's address holds 107 bytes, and a store may lie
    /// deeper than that.
    private static func at(
        _ folder: String, _ name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
    ) throws(Failure) -> CInt {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .last }
        defer { close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        let isShort = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.count < room.count else { return false }
            room.copyBytes(from: path)
            return true
        }
        guard isShort else { throw .system("the socket's name is too long") }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}

extension LocalSocket.Failure {
    fileprivate static var last: Self { .system(String(cString: strerror(errno))) }
}
