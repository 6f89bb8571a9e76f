#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The one lock that every write and every checkpoint of every process on a store takes. SQLite before 3.51.3 can lose
/// commits when two connections race through the reset of a write-ahead log; with this lock there is never a second one.
struct AdvisoryLock: Sendable {
    private let descriptor: Int32
    private let path: String

    init(path: String) throws(StoreError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        self.path = path
        guard descriptor >= 0 else { throw .lockUnavailable(path: path, errno: errno) }
    }

    /// Waits for the lock, runs `body`, and gives it back.
    func holding<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .lockUnavailable(path: path, errno: errno) }
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }

    func release() { close(descriptor) }
}
