#ifndef C_FAULT_VFS_H
#define C_FAULT_VFS_H

#include <stdint.h>

/// A simulated disk in memory, registered as an SQLite VFS of its own: for tests alone.
///
/// A write goes to a volatile layer first; a file's xSync makes its pending writes durable. `fd_cut` gives what a power
/// cut would leave: everything durable, and of each pending write a part that a seeded generator chooses. Names are
/// metadata: they become durable when the directory is synced, which happens exactly where SQLite's unix VFS does it
/// (the first sync of a journal or write-ahead log that was opened, a deletion that asks for it). The index of the
/// write-ahead log is memory and never survives. A disk is one folder: of a path only the last part counts. Any number of connections and threads of one process may use a disk.
typedef struct fd_disk fd_disk;

/// Kinds of operations, in counters and as bits (1 << kind) in fault rules.
enum {
    FD_OPEN, FD_DELETE, FD_ACCESS, FD_READ, FD_WRITE, FD_TRUNCATE, FD_SYNC, FD_SIZE, FD_LOCK, FD_SHM_MAP, FD_SHM_LOCK,
    FD_KINDS
};

/// How a cut chooses among the pending writes.
enum {
    /// One of the others, by the seed.
    FD_MIXED,
    FD_LOSE_ALL,
    FD_KEEP_ALL,
    /// All up to a moment, the write of that moment torn: a disk that keeps the order.
    FD_PREFIX,
    /// Each write by itself: a disk that reorders.
    FD_WHOLE_WRITES,
    /// Each sector of each write by itself; a torn sector may hold anything.
    FD_TORN_WRITES,
};

/// Makes an empty disk. `sector_bytes` is the unit that a cut does not divide (512 or 4096).
fd_disk *fd_create(uint64_t seed, uint32_t sector_bytes);

/// The VFS's name, valid as long as the disk.
const char *fd_vfs(const fd_disk *disk);

/// Gives the disk back. It and its VFS go when the last file on it is closed.
void fd_release(fd_disk *disk);

/// A new disk with what a power cut at this moment would leave. This one goes on.
fd_disk *fd_cut(fd_disk *disk, uint64_t seed, int survivors);

/// From now on every operation fails, and what was pending stays pending: the machine is off.
void fd_power_off(fd_disk *disk);

/// Fails operations of the kinds in the mask `kinds`: the `after`-th from now (0 is the next one), and with `forever`
/// all of these kinds after it. `code` is SQLite's extended result code; 0 is the fitting one of SQLITE_IOERR_*.
/// Up to eight rules at once; returns 0 if there were more.
int fd_fail(fd_disk *disk, uint32_t kinds, uint64_t after, int forever, int code);

/// Takes all fault rules back.
void fd_heal(fd_disk *disk);

/// While it is set, fault rules neither count nor strike: for whoever looks at what the faults did.
void fd_set_spared(fd_disk *disk, int spared);

/// How many faults were injected, full disk included.
uint64_t fd_faults(fd_disk *disk);

/// All files together may hold so many bytes, the index of the write-ahead log included; negative: no limit.
void fd_set_capacity(fd_disk *disk, int64_t bytes);

/// Bytes in all files now.
int64_t fd_used(fd_disk *disk);

/// Planted faults. A disk that lies says "synced" and does nothing. One that forgets drops what was pending at a failed
/// sync, as Linux does: a later sync succeeds without it.
void fd_set_lies(fd_disk *disk, int lies);
void fd_set_forgets(fd_disk *disk, int forgets);

/// Operations begun so far, by kind.
void fd_counts(fd_disk *disk, uint64_t counts[FD_KINDS]);

/// Calls back before each operation that changes anything (open that creates, delete, write, truncate, sync), on the
/// thread of that operation, without any of the disk's locks. NULL ends it.
void fd_set_hook(fd_disk *disk, void (*hook)(void *context, int kind), void *context);

/// Flips bits of a file's durable and current bytes, as a failing disk does. Returns 0 if there is no such byte.
int fd_damage(fd_disk *disk, const char *name, int64_t offset, uint8_t mask);

/// A file's size; -1 if there is no such file.
int64_t fd_size(fd_disk *disk, const char *name);

/// A hash of all names and durable bytes: equal disks have equal ones.
uint64_t fd_hash(fd_disk *disk);

#endif
