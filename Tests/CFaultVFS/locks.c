#include "disk.h"
#include <stdlib.h>
#include <string.h>

// MARK: The file's lock: any number share it, one may reserve it, wait for the others to leave, and have it alone.

static int is_others(const connection *holder, const connection *file) { return holder && holder != file; }

int lock_take(connection *file, int level) {
    content *on = file->file;
    if (level <= file->level) return SQLITE_OK;
    if (level == SQLITE_LOCK_SHARED) {
        if (is_others(on->waiting, file) || is_others(on->exclusive, file)) return SQLITE_BUSY;
        on->shared++;
        file->level = SQLITE_LOCK_SHARED;
        return SQLITE_OK;
    }
    if (is_others(on->reserved, file) || is_others(on->waiting, file) || is_others(on->exclusive, file))
        return SQLITE_BUSY;
    if (level == SQLITE_LOCK_RESERVED) {
        on->reserved = file;
        file->level = SQLITE_LOCK_RESERVED;
        return SQLITE_OK;
    }
    on->waiting = file;
    file->level = SQLITE_LOCK_PENDING;
    if (on->shared > 1) return SQLITE_BUSY;
    on->exclusive = file;
    file->level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}

void lock_give(connection *file, int level) {
    content *on = file->file;
    if (level >= file->level) return;
    if (on->reserved == file) on->reserved = NULL;
    if (on->waiting == file) on->waiting = NULL;
    if (on->exclusive == file) on->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE) on->shared--;
    file->level = level;
}

int lock_is_reserved(const content *file) { return file->reserved || file->waiting || file->exclusive; }

// MARK: The index of the write-ahead log

int shm_map(sqlite3_file *base, int region, int bytes, int extends, void volatile **address) {
    connection *file = (connection *)(void *)base;
    fd_disk *disk = file->disk;
    content *on = file->file;
    *address = NULL;
    pthread_mutex_lock(&disk->mutex);
    int code = disk_begin(disk, FD_SHM_MAP);
    if (code == SQLITE_OK && region >= SHM_REGIONS) code = SQLITE_IOERR_SHMSIZE;
    if (code == SQLITE_OK && !on->shm[region] && extends) {
        if (disk->capacity >= 0 && disk->used + bytes > disk->capacity) {
            disk->faults++;
            code = SQLITE_IOERR_SHMSIZE;
        } else {
            on->shm[region] = fd_memory(NULL, (size_t)bytes);
            memset(on->shm[region], 0, (size_t)bytes);
            on->shm_bytes += bytes;
            disk->used += bytes;
        }
    }
    if (code == SQLITE_OK) {
        if (!file->uses_shm) on->shm_users++;
        file->uses_shm = 1;
        *address = on->shm[region];
    }
    pthread_mutex_unlock(&disk->mutex);
    return code;
}

static void shm_unlock(connection *file, uint16_t mask) {
    content *on = file->file;
    for (int slot = 0; slot < SHM_LOCKS; slot++) {
        uint16_t bit = (uint16_t)(1u << slot);
        if (!(mask & bit)) continue;
        if (file->shm_shared & bit) on->shm_shared[slot]--;
        if (file->shm_exclusive & bit) on->shm_exclusive[slot] = NULL;
    }
    file->shm_shared &= (uint16_t)~mask;
    file->shm_exclusive &= (uint16_t)~mask;
}

static int shm_take(connection *file, int offset, int count, int is_shared) {
    content *on = file->file;
    for (int slot = offset; slot < offset + count; slot++) {
        int others = on->shm_shared[slot] - (file->shm_shared >> slot & 1);
        if (is_others(on->shm_exclusive[slot], file) || (!is_shared && others > 0)) return SQLITE_BUSY;
    }
    for (int slot = offset; slot < offset + count; slot++) {
        uint16_t bit = (uint16_t)(1u << slot);
        if (!is_shared) {
            on->shm_exclusive[slot] = file;
            file->shm_exclusive |= bit;
        } else if (!(file->shm_shared & bit)) {
            on->shm_shared[slot]++;
            file->shm_shared |= bit;
        }
    }
    return SQLITE_OK;
}

int shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    connection *file = (connection *)(void *)base;
    pthread_mutex_lock(&file->disk->mutex);
    int code = SQLITE_OK;
    if (flags & SQLITE_SHM_UNLOCK) {
        shm_unlock(file, (uint16_t)(((1u << count) - 1) << offset));
    } else {
        code = disk_begin(file->disk, FD_SHM_LOCK);
        if (code == SQLITE_OK) code = shm_take(file, offset, count, (flags & SQLITE_SHM_SHARED) != 0);
    }
    pthread_mutex_unlock(&file->disk->mutex);
    return code;
}

void shm_barrier(sqlite3_file *base) {
    connection *file = (connection *)(void *)base;
    __sync_synchronize();
    pthread_mutex_lock(&file->disk->mutex);
    pthread_mutex_unlock(&file->disk->mutex);
}

int shm_unmap(sqlite3_file *base, int deletes) {
    (void)deletes;
    connection *file = (connection *)(void *)base;
    content *on = file->file;
    pthread_mutex_lock(&file->disk->mutex);
    shm_unlock(file, 0xFF);
    if (file->uses_shm && --on->shm_users == 0) {
        // The first connection after the last one finds it empty, as on a real disk.
        for (int region = 0; region < SHM_REGIONS; region++) {
            free(on->shm[region]);
            on->shm[region] = NULL;
        }
        file->disk->used -= on->shm_bytes;
        on->shm_bytes = 0;
    }
    file->uses_shm = 0;
    pthread_mutex_unlock(&file->disk->mutex);
    return SQLITE_OK;
}
