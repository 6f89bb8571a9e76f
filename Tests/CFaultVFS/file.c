#include "disk.h"
#include <stdlib.h>
#include <string.h>

static connection *file_of(sqlite3_file *base) { return (connection *)(void *)base; }

static int close_file(sqlite3_file *base) {
    connection *file = file_of(base);
    fd_disk *disk = file->disk;
    if (file->uses_shm) shm_unmap(base, 0);
    pthread_mutex_lock(&disk->mutex);
    lock_give(file, SQLITE_LOCK_NONE);
    if (file->delete_path && !disk->is_off) disk_set_name(disk, file->delete_path, NULL);
    free(file->delete_path);
    content_let_go(file->file);
    pthread_mutex_unlock(&disk->mutex);
    base->pMethods = NULL;
    disk_let_go(disk);
    return SQLITE_OK;
}

static int read_file(sqlite3_file *base, void *into, int length, sqlite3_int64 offset) {
    connection *file = file_of(base);
    pthread_mutex_lock(&file->disk->mutex);
    int code = disk_begin(file->disk, FD_READ);
    if (code == SQLITE_OK) {
        const buffer *current = &file->file->current;
        int64_t there = current->size - offset;
        if (there > length) there = length;
        if (there > 0) memcpy(into, current->bytes + offset, (size_t)there);
        if (there < 0) there = 0;
        memset((char *)into + there, 0, (size_t)(length - there));
        if (there < length) code = SQLITE_IOERR_SHORT_READ;
    }
    pthread_mutex_unlock(&file->disk->mutex);
    return code;
}

static int write_file(sqlite3_file *base, const void *bytes, int length, sqlite3_int64 offset) {
    connection *file = file_of(base);
    fd_disk *disk = file->disk;
    disk_tell(disk, FD_WRITE);
    pthread_mutex_lock(&disk->mutex);
    int code = disk_begin(disk, FD_WRITE);
    // SQLite's unix VFS takes no more at once, and calls what is missing a full disk.
    if (code == SQLITE_OK && length > 0x1FFFF) code = SQLITE_FULL;
    int64_t done = length;
    // A write that fails may have done a part of its work.
    if (code != SQLITE_OK) done = disk->is_off ? 0 : (int64_t)(fd_random(&disk->random) % ((uint64_t)length + 1));
    int64_t growth = offset + done - file->file->current.size;
    if (disk->capacity >= 0 && growth > 0 && disk->used + growth > disk->capacity) {
        done -= disk->used + growth - disk->capacity;
        if (code == SQLITE_OK) disk->faults++, code = SQLITE_FULL;
    }
    if (done > 0) disk_write(disk, file->file, offset, bytes, done);
    pthread_mutex_unlock(&disk->mutex);
    return code;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
    connection *file = file_of(base);
    disk_tell(file->disk, FD_TRUNCATE);
    pthread_mutex_lock(&file->disk->mutex);
    int code = disk_begin(file->disk, FD_TRUNCATE);
    if (code == SQLITE_OK) disk_truncate(file->disk, file->file, size);
    pthread_mutex_unlock(&file->disk->mutex);
    return code;
}

static int sync_file(sqlite3_file *base, int flags) {
    (void)flags;
    connection *file = file_of(base);
    fd_disk *disk = file->disk;
    disk_tell(disk, FD_SYNC);
    pthread_mutex_lock(&disk->mutex);
    int code = disk_begin(disk, FD_SYNC);
    if (code != SQLITE_OK) {
        if (disk->forgets && !disk->is_off) disk_forget(file->file);
    } else if (!disk->lies) {
        disk_sync(file->file);
        if (file->syncs_directory) disk_sync_directory(disk);
        file->syncs_directory = 0;
    }
    pthread_mutex_unlock(&disk->mutex);
    return code;
}

static int size_of_file(sqlite3_file *base, sqlite3_int64 *size) {
    connection *file = file_of(base);
    pthread_mutex_lock(&file->disk->mutex);
    int code = disk_begin(file->disk, FD_SIZE);
    *size = file->file->current.size;
    pthread_mutex_unlock(&file->disk->mutex);
    return code;
}

static int lock_file(sqlite3_file *base, int level) {
    connection *file = file_of(base);
    pthread_mutex_lock(&file->disk->mutex);
    int code = disk_begin(file->disk, FD_LOCK);
    if (code == SQLITE_OK) code = lock_take(file, level);
    pthread_mutex_unlock(&file->disk->mutex);
    return code;
}

static int unlock_file(sqlite3_file *base, int level) {
    connection *file = file_of(base);
    pthread_mutex_lock(&file->disk->mutex);
    lock_give(file, level);
    pthread_mutex_unlock(&file->disk->mutex);
    return SQLITE_OK;
}

static int check_reserved(sqlite3_file *base, int *is_reserved) {
    connection *file = file_of(base);
    pthread_mutex_lock(&file->disk->mutex);
    *is_reserved = lock_is_reserved(file->file);
    pthread_mutex_unlock(&file->disk->mutex);
    return SQLITE_OK;
}

static int control_file(sqlite3_file *base, int operation, void *argument) {
    connection *file = file_of(base);
    switch (operation) {
    case SQLITE_FCNTL_LOCKSTATE: *(int *)argument = file->level; return SQLITE_OK;
    case SQLITE_FCNTL_SIZE_HINT: return SQLITE_OK;
    case SQLITE_FCNTL_HAS_MOVED: *(int *)argument = 0; return SQLITE_OK;
    case SQLITE_FCNTL_VFSNAME: *(char **)argument = sqlite3_mprintf("%s", file->disk->vfs_name); return SQLITE_OK;
    case SQLITE_FCNTL_PERSIST_WAL: {
        int *wanted = argument;
        if (*wanted >= 0) file->persists_log = *wanted;
        *wanted = file->persists_log;
        return SQLITE_OK;
    }
    default: return SQLITE_NOTFOUND;
    }
}

static int sector_size(sqlite3_file *base) {
    (void)base;
    return 4096;
}

/// The same promise as SQLite's unix VFS makes for a real disk: a write changes no byte beside its own.
static int characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods *file_methods(void) {
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = close_file,
        .xRead = read_file,
        .xWrite = write_file,
        .xTruncate = truncate_file,
        .xSync = sync_file,
        .xFileSize = size_of_file,
        .xLock = lock_file,
        .xUnlock = unlock_file,
        .xCheckReservedLock = check_reserved,
        .xFileControl = control_file,
        .xSectorSize = sector_size,
        .xDeviceCharacteristics = characteristics,
        .xShmMap = shm_map,
        .xShmLock = shm_lock,
        .xShmBarrier = shm_barrier,
        .xShmUnmap = shm_unmap,
    };
    return &methods;
}
