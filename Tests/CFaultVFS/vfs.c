#include "disk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fd_disk *disk_of(sqlite3_vfs *vfs) { return vfs->pAppData; }

/// A disk is one folder: the last part of a path.
static const char *leaf(const char *path) {
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

static int open_content(fd_disk *disk, const char *path, int flags, connection *file) {
    content *found = path ? directory_find(&disk->current, path) : NULL;
    if (found && flags & SQLITE_OPEN_EXCLUSIVE && flags & SQLITE_OPEN_CREATE) return SQLITE_CANTOPEN;
    if (!found) {
        if (!(flags & SQLITE_OPEN_CREATE) && path) return SQLITE_CANTOPEN;
        found = content_new();
        if (path) disk_set_name(disk, path, found);
    }
    int journals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
    file->syncs_directory = path && flags & journals && flags & SQLITE_OPEN_CREATE;
    found->references++;
    file->file = found;
    if (path && flags & SQLITE_OPEN_DELETEONCLOSE) file->delete_path = strdup(path);
    return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *base, int flags, int *given) {
    fd_disk *disk = disk_of(vfs);
    connection *file = (connection *)(void *)base;
    memset(file, 0, sizeof *file);
    if (flags & SQLITE_OPEN_CREATE) disk_tell(disk, FD_OPEN);
    pthread_mutex_lock(&disk->mutex);
    int code = disk_begin(disk, FD_OPEN);
    if (code == SQLITE_OK) code = open_content(disk, leaf(path), flags, file);
    if (code == SQLITE_OK) {
        disk->references++;
        file->disk = disk;
        base->pMethods = file_methods();
        if (given) *given = flags;
    }
    pthread_mutex_unlock(&disk->mutex);
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int syncs_directory) {
    fd_disk *disk = disk_of(vfs);
    path = leaf(path);
    disk_tell(disk, FD_DELETE);
    pthread_mutex_lock(&disk->mutex);
    int code = disk_begin(disk, FD_DELETE);
    if (code == SQLITE_OK && !directory_find(&disk->current, path)) code = SQLITE_IOERR_DELETE_NOENT;
    if (code == SQLITE_OK) {
        disk_set_name(disk, path, NULL);
        if (syncs_directory && !disk->lies) disk_sync_directory(disk);
    }
    pthread_mutex_unlock(&disk->mutex);
    return code;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *is_there) {
    fd_disk *disk = disk_of(vfs);
    pthread_mutex_lock(&disk->mutex);
    int code = disk_begin(disk, FD_ACCESS);
    const content *file = directory_find(&disk->current, leaf(path));
    // As the unix VFS does: an empty file does not exist.
    *is_there = file && (flags != SQLITE_ACCESS_EXISTS || file->current.size > 0);
    pthread_mutex_unlock(&disk->mutex);
    return code;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int room, char *full) {
    (void)vfs;
    return snprintf(full, (size_t)room, "%s", path) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static sqlite3_vfs *system_vfs(void) { return sqlite3_vfs_find("unix"); }

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *into) {
    fd_disk *disk = disk_of(vfs);
    pthread_mutex_lock(&disk->mutex);
    for (int index = 0; index < count; index++) into[index] = (char)fd_random(&disk->random);
    pthread_mutex_unlock(&disk->mutex);
    return count;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
    (void)vfs;
    return system_vfs()->xSleep(system_vfs(), microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *days) {
    (void)vfs;
    return system_vfs()->xCurrentTime(system_vfs(), days);
}

static int vfs_last_error(sqlite3_vfs *vfs, int room, char *into) {
    (void)vfs;
    (void)room;
    (void)into;
    return 0;
}

void vfs_register(fd_disk *disk) {
    disk->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(connection),
        .mxPathname = 512,
        .zName = disk->vfs_name,
        .pAppData = disk,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    // A new name each time: this cannot fail once SQLite is up, which finding a VFS sees to.
    sqlite3_initialize();
    sqlite3_vfs_register(&disk->vfs, 0);
}
