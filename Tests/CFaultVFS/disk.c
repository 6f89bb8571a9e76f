#include "disk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *fd_memory(void *old, size_t bytes) {
    void *memory = realloc(old, bytes ? bytes : 1);
    if (!memory) abort();
    return memory;
}

/// SplitMix64 (Steele et al., 2014).
uint64_t fd_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void buffer_resize(buffer *to, int64_t size) {
    if (size > to->room) {
        to->room = size + size / 2 + 4096;
        to->bytes = fd_memory(to->bytes, (size_t)to->room);
    }
    if (size > to->size) memset(to->bytes + to->size, 0, (size_t)(size - to->size));
    to->size = size;
}

void buffer_write(buffer *to, int64_t offset, const uint8_t *bytes, int64_t length) {
    if (length == 0) return;
    if (offset + length > to->size) buffer_resize(to, offset + length);
    memcpy(to->bytes + offset, bytes, (size_t)length);
}

// MARK: Contents

content *content_new(void) {
    content *file = fd_memory(NULL, sizeof *file);
    memset(file, 0, sizeof *file);
    return file;
}

static void content_settle(content *file) {
    for (size_t index = 0; index < file->pending_count; index++) free(file->pending[index].bytes);
    file->pending_count = 0;
}

void content_let_go(content *file) {
    if (!file || --file->references > 0) return;
    content_settle(file);
    free(file->pending);
    free(file->durable.bytes);
    free(file->current.bytes);
    for (int region = 0; region < SHM_REGIONS; region++) free(file->shm[region]);
    free(file);
}

static pending_write *content_pend(fd_disk *disk, content *file) {
    if (file->pending_count == file->pending_room) {
        file->pending_room = file->pending_room * 2 + 16;
        file->pending = fd_memory(file->pending, file->pending_room * sizeof *file->pending);
    }
    pending_write *write = &file->pending[file->pending_count++];
    memset(write, 0, sizeof *write);
    write->number = ++disk->number;
    return write;
}

void disk_write(fd_disk *disk, content *file, int64_t offset, const uint8_t *bytes, int64_t length) {
    if (length == 0) return;
    int64_t before = file->current.size;
    buffer_write(&file->current, offset, bytes, length);
    disk->used += file->current.size - before;
    pending_write *write = content_pend(disk, file);
    write->offset = offset;
    write->length = length;
    write->bytes = fd_memory(NULL, (size_t)length);
    memcpy(write->bytes, bytes, (size_t)length);
}

void disk_truncate(fd_disk *disk, content *file, int64_t size) {
    disk->used += size - file->current.size;
    buffer_resize(&file->current, size);
    content_pend(disk, file)->offset = size;
}

void disk_sync(content *file) {
    for (size_t index = 0; index < file->pending_count; index++) {
        const pending_write *write = &file->pending[index];
        if (write->is_forgotten) {
            // The size is metadata, which the file system's journal keeps.
            if (write->bytes && write->offset + write->length > file->durable.size)
                buffer_resize(&file->durable, write->offset + write->length);
        } else if (write->bytes) {
            buffer_write(&file->durable, write->offset, write->bytes, write->length);
        } else {
            buffer_resize(&file->durable, write->offset);
        }
    }
    content_settle(file);
}

void disk_forget(content *file) {
    for (size_t index = 0; index < file->pending_count; index++) file->pending[index].is_forgotten = 1;
}

// MARK: Names

content *directory_find(const directory *in, const char *path) {
    for (size_t index = 0; index < in->count; index++)
        if (strcmp(in->entries[index].path, path) == 0) return in->entries[index].file;
    return NULL;
}

/// Makes a path lead to a content, or to none for NULL.
void directory_set(directory *in, const char *path, content *file) {
    size_t index = 0;
    while (index < in->count && strcmp(in->entries[index].path, path) != 0) index++;
    if (file) file->references++;
    if (index < in->count) {
        content_let_go(in->entries[index].file);
        in->entries[index].file = file;
        if (file) return;
        free(in->entries[index].path);
        in->entries[index] = in->entries[--in->count];
    } else if (file) {
        if (in->count == in->room) {
            in->room = in->room * 2 + 8;
            in->entries = fd_memory(in->entries, in->room * sizeof *in->entries);
        }
        in->entries[in->count++] = (name){strdup(path), file};
    }
}

void directory_clear(directory *in) {
    for (size_t index = 0; index < in->count; index++) {
        content_let_go(in->entries[index].file);
        free(in->entries[index].path);
    }
    free(in->entries);
    *in = (directory){0};
}

void disk_set_name(fd_disk *disk, const char *path, content *file) {
    content *old = directory_find(&disk->current, path);
    if (old) disk->used -= old->current.size;
    if (disk->pending_count == disk->pending_room) {
        disk->pending_room = disk->pending_room * 2 + 8;
        disk->pending = fd_memory(disk->pending, disk->pending_room * sizeof *disk->pending);
    }
    if (file) file->references++;
    disk->pending[disk->pending_count++] = (pending_name){++disk->number, {strdup(path), file}};
    directory_set(&disk->current, path, file);
}

static void names_settle(fd_disk *disk, int applies) {
    for (size_t index = 0; index < disk->pending_count; index++) {
        name entry = disk->pending[index].entry;
        if (applies) directory_set(&disk->durable, entry.path, entry.file);
        content_let_go(entry.file);
        free(entry.path);
    }
    disk->pending_count = 0;
}

void disk_sync_directory(fd_disk *disk) { names_settle(disk, 1); }

// MARK: A disk's life

fd_disk *fd_create(uint64_t seed, uint32_t sector_bytes) {
    static uint64_t next;
    fd_disk *disk = fd_memory(NULL, sizeof *disk);
    memset(disk, 0, sizeof *disk);
    snprintf(disk->vfs_name, sizeof disk->vfs_name, "fault-disk-%llu",
             (unsigned long long)__atomic_add_fetch(&next, 1, __ATOMIC_RELAXED));
    pthread_mutex_init(&disk->mutex, NULL);
    disk->references = 1;
    disk->random = seed;
    disk->sector_bytes = sector_bytes ? sector_bytes : 4096;
    disk->capacity = -1;
    vfs_register(disk);
    return disk;
}

const char *fd_vfs(const fd_disk *disk) { return disk->vfs_name; }

/// The mutex is not held.
void disk_let_go(fd_disk *disk) {
    pthread_mutex_lock(&disk->mutex);
    int rest = --disk->references;
    pthread_mutex_unlock(&disk->mutex);
    if (rest > 0) return;
    sqlite3_vfs_unregister(&disk->vfs);
    names_settle(disk, 0);
    free(disk->pending);
    directory_clear(&disk->current);
    directory_clear(&disk->durable);
    pthread_mutex_destroy(&disk->mutex);
    free(disk);
}

void fd_release(fd_disk *disk) {
    fd_set_hook(disk, NULL, NULL);
    disk_let_go(disk);
}

void fd_power_off(fd_disk *disk) {
    pthread_mutex_lock(&disk->mutex);
    disk->is_off = 1;
    pthread_mutex_unlock(&disk->mutex);
}
