#ifndef FAULT_DISK_H
#define FAULT_DISK_H

#include "CFaultVFS.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>

typedef struct {
    uint8_t *bytes;
    int64_t size, room;
} buffer;

/// One write or truncation that no sync has made durable.
typedef struct {
    /// The place in the order of all writes of the disk.
    uint64_t number;
    int64_t offset;
    /// NULL for a truncation to `offset`.
    uint8_t *bytes;
    int64_t length;
    /// Forgotten by a failed sync: the next one does not make it durable.
    int is_forgotten;
} pending_write;

enum { SHM_REGIONS = 64, SHM_LOCKS = 8 };

typedef struct connection connection;

/// A file's content, whatever names lead to it.
typedef struct {
    int references;
    buffer durable, current;
    pending_write *pending;
    size_t pending_count, pending_room;
    // Locks between the connections of this process.
    int shared;
    connection *reserved, *waiting, *exclusive;
    // The index of the write-ahead log.
    int shm_users;
    void *shm[SHM_REGIONS];
    int shm_bytes;
    int shm_shared[SHM_LOCKS];
    connection *shm_exclusive[SHM_LOCKS];
} content;

typedef struct {
    char *path;
    content *file;
} name;

/// A name that appeared (file) or went (NULL) since the directory was synced.
typedef struct {
    uint64_t number;
    name entry;
} pending_name;

typedef struct {
    name *entries;
    size_t count, room;
} directory;

typedef struct {
    uint32_t kinds;
    uint64_t after;
    int forever, code, is_armed;
} rule;

enum { RULES = 8 };

struct fd_disk {
    sqlite3_vfs vfs;
    char vfs_name[32];
    pthread_mutex_t mutex;
    int references;
    uint64_t random;
    uint32_t sector_bytes;
    int is_off, is_spared, lies, forgets;
    int64_t capacity, used;
    uint64_t number, faults;
    uint64_t counts[FD_KINDS];
    rule rules[RULES];
    directory current, durable;
    pending_name *pending;
    size_t pending_count, pending_room;
    void (*hook)(void *, int);
    void *hook_context;
};

/// An open file: what SQLite has as `sqlite3_file`.
struct connection {
    sqlite3_file base;
    fd_disk *disk;
    content *file;
    char *delete_path;
    /// Whether its first sync is to sync the directory as well.
    int syncs_directory;
    int level;
    int persists_log;
    int uses_shm;
    uint16_t shm_shared, shm_exclusive;
};

// Memory. Out of memory ends the process: this is a test.
void *fd_memory(void *old, size_t bytes);
uint64_t fd_random(uint64_t *state);
void buffer_write(buffer *to, int64_t offset, const uint8_t *bytes, int64_t length);
void buffer_resize(buffer *to, int64_t size);

// Contents and names; the disk's mutex is held.
content *content_new(void);
void content_let_go(content *file);
content *directory_find(const directory *in, const char *path);
void directory_set(directory *in, const char *path, content *file);
void directory_clear(directory *in);
void disk_set_name(fd_disk *disk, const char *path, content *file);
void disk_sync_directory(fd_disk *disk);
void disk_write(fd_disk *disk, content *file, int64_t offset, const uint8_t *bytes, int64_t length);
void disk_truncate(fd_disk *disk, content *file, int64_t size);
void disk_sync(content *file);
void disk_forget(content *file);
void disk_let_go(fd_disk *disk);

/// Counts an operation. Returns SQLITE_OK, or the code that it is to fail with.
int disk_begin(fd_disk *disk, int kind);

/// Calls the hook, without the mutex.
void disk_tell(fd_disk *disk, int kind);

// The VFS.
void vfs_register(fd_disk *disk);
const sqlite3_io_methods *file_methods(void);
int lock_take(connection *file, int level);
void lock_give(connection *file, int level);
int lock_is_reserved(const content *file);
int shm_map(sqlite3_file *base, int region, int bytes, int extends, void volatile **address);
int shm_lock(sqlite3_file *base, int offset, int count, int flags);
void shm_barrier(sqlite3_file *base);
int shm_unmap(sqlite3_file *base, int deletes);

#endif
