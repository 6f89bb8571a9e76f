#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The one lock that every write and every checkpoint of every process on a store takes. SQLite before 3.51.3 can lose
/// commits when two connections race through the reset of a write-ahead log; with this lock there is never a second one.
///
/// The file's lock belongs to the process's one descriptor, which holds it for all of its threads at once: without the
/// mutex before it the first thread to finish would take it away from the second.
/// Unchecked: `descriptor` changes under the mutex alone.
final class AdvisoryLock: @unchecked Sendable {
    private var descriptor: Int32
    private let path: String
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init(path: String) throws(StoreError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        self.path = path
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        guard descriptor >= 0 else { throw .lockUnavailable(path: path, errno: errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Waits for the lock, runs `body`, and gives it back.
    func holding<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .lockUnavailable(path: path, errno: errno) }
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }

    /// Closes the file. Whoever asks for the lock afterwards is refused.
    func release() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
