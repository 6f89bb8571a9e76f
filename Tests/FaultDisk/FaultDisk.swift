import CFaultVFS
import Synchronization

/// A simulated disk in memory for tests: an SQLite VFS under a name of its own.
///
///     let disk = FaultDisk(seed: 7)
///     let store = try ReplicaStore.create(in: folder, …, vfs: disk.vfs)      // `folder` is real, for the lock file
///     …
///     let left = disk.cut(seed: 1)                                           // what a power cut now would leave
///     let again = try ReplicaStore.open(in: other, …, vfs: left.vfs)         // any real folder
///
/// A cut takes nothing from the disk itself: work goes on, and one moment gives any number of images. To end a life
/// for good, ``powerOff()`` first, so that what closes afterwards can no longer write.
///
/// A disk is one folder: of a path only the last part counts, so that an image opens beside a lock file elsewhere.
///
/// Unchecked: the C side has a mutex for everything, and the hook's box is written under ours.
public final class FaultDisk: @unchecked Sendable {
    private let disk: OpaquePointer
    private let hook = Mutex<Unmanaged<HookBox>?>(nil)

    /// - Parameter sectorBytes: the unit that a power cut does not divide: 512 or 4,096.
    public convenience init(seed: UInt64, sectorBytes: Int = 4_096) {
        self.init(fd_create(seed, UInt32(sectorBytes)))
    }

    private init(_ disk: OpaquePointer) { self.disk = disk }

    /// The disk itself, and its name in SQLite, last until the last file on it is closed. Hold this object until a store
    /// is open on it (`withExtendedLifetime`): a variable may go after its last use.
    deinit {
        fd_release(disk)
        hook.withLock { $0?.release() }
    }

    /// The name that SQLite knows this disk by, as long as this object or a file on it lives.
    public var vfs: String { String(cString: fd_vfs(disk)) }

    // MARK: Power

    /// How a cut chooses among what was written and not synced.
    public enum Survivors: Int32, CaseIterable, Sendable {
        /// One of the others, by the seed.
        case mixed
        case none
        case all
        /// All up to a moment: a disk that keeps the order.
        case prefix
        /// Each write by itself: a disk that reorders.
        case wholeWrites
        /// Each sector of each write by itself; one that was being written may hold anything.
        case tornWrites
    }

    /// What a power cut at this moment would leave, as a new disk with nothing pending. The same seed leaves the same.
    public func cut(seed: UInt64, _ survivors: Survivors = .mixed) -> FaultDisk {
        FaultDisk(fd_cut(disk, seed, survivors.rawValue))
    }

    /// The machine is off: every operation fails from now on, and nothing more becomes durable.
    public func powerOff() { fd_power_off(disk) }

    // MARK: Faults

    /// Fails the `after`-th operation of these kinds from now (0 is the next one), and with `forever` all after it.
    /// Up to eight rules count by themselves.
    /// - Parameter code: SQLite's extended result code; nil for the fitting one of `SQLITE_IOERR_*`.
    public func fail(_ operations: Operations, after: Int, forever: Bool = false, code: Int32? = nil) {
        precondition(
            fd_fail(disk, operations.rawValue, UInt64(after), forever ? 1 : 0, code ?? 0) != 0, "more than eight rules")
    }

    /// Takes back all that ``fail(_:after:forever:code:)`` asked for.
    public func heal() { fd_heal(disk) }

    /// Runs `body` while faults neither count nor strike: to look at what they did.
    public func sparing<Result>(_ body: () throws -> Result) rethrows -> Result {
        fd_set_spared(disk, 1)
        defer { fd_set_spared(disk, 0) }
        return try body()
    }

    /// How many operations failed that were asked to, or for want of space.
    public var faults: Int { Int(fd_faults(disk)) }

    /// How much all files together may hold, in bytes; nil for any amount.
    public func setCapacity(_ bytes: Int64?) { fd_set_capacity(disk, bytes ?? -1) }

    /// How much all files hold, in bytes, the index of the write-ahead log included.
    public var used: Int64 { fd_used(disk) }

    /// A disk that lies answers a sync at once and does nothing.
    public func setLies(_ lies: Bool) { fd_set_lies(disk, lies ? 1 : 0) }

    /// A disk that forgets drops what was pending at a failed sync, as Linux does, and later syncs succeed without it.
    public func setForgets(_ forgets: Bool) { fd_set_forgets(disk, forgets ? 1 : 0) }

    /// Flips bits of one byte of a file, as a failing disk does.
    /// - Returns: whether there is such a byte.
    @discardableResult
    public func damage(_ name: String, at offset: Int64, mask: UInt8) -> Bool {
        fd_damage(disk, name, offset, mask) != 0
    }

    // MARK: Looking

    /// A file's size in bytes; nil if it is not there.
    public func size(_ name: String) -> Int64? {
        let size = fd_size(disk, name)
        return size < 0 ? nil : size
    }

    /// A hash of all names and durable bytes.
    public var hash: UInt64 { fd_hash(disk) }

    /// How many operations of some kinds were begun.
    public func count(_ operations: Operations) -> Int {
        var counts = [UInt64](repeating: 0, count: Int(FD_KINDS))
        fd_counts(disk, &counts)
        var sum = 0
        for kind in counts.indices where operations.rawValue >> UInt32(kind) & 1 != 0 { sum += Int(counts[kind]) }
        return sum
    }

    /// Calls back before each operation that changes the disk, on the thread of that operation: a moment to cut.
    public func beforeEachChange(_ body: (@Sendable (Operations) -> Void)?) {
        hook.withLock { old in
            let new = body.map { Unmanaged.passRetained(HookBox($0)) }
            fd_set_hook(
                disk,
                new == nil
                    ? nil
                    : { context, kind in
                        guard let context else { return }
                        let box = Unmanaged<HookBox>.fromOpaque(context).takeUnretainedValue()
                        box.body(Operations(rawValue: 1 << UInt32(kind)))
                    }, new?.toOpaque())
            old?.release()
            old = new
        }
    }
}

private final class HookBox: Sendable {
    let body: @Sendable (Operations) -> Void

    init(_ body: @escaping @Sendable (Operations) -> Void) { self.body = body }
}

/// Kinds of operations on a disk.
public struct Operations: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(_ kind: some BinaryInteger) { rawValue = 1 << UInt32(kind) }

    public static let open = Operations(FD_OPEN)
    public static let delete = Operations(FD_DELETE)
    public static let access = Operations(FD_ACCESS)
    public static let read = Operations(FD_READ)
    public static let write = Operations(FD_WRITE)
    public static let truncate = Operations(FD_TRUNCATE)
    public static let sync = Operations(FD_SYNC)
    public static let size = Operations(FD_SIZE)
    public static let lock = Operations(FD_LOCK)
    public static let shmMap = Operations(FD_SHM_MAP)
    public static let shmLock = Operations(FD_SHM_LOCK)
    public static let all = Operations(rawValue: (1 << UInt32(FD_KINDS)) - 1)
    /// Those that change what is on the disk.
    public static let changes: Operations = [.open, .delete, .write, .truncate, .sync]
}
