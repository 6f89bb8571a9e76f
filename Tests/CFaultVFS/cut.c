#include "disk.h"
#include <stdlib.h>
#include <string.h>

/// One cut under way: which pending operations survive.
typedef struct {
    uint64_t random;
    int survivors;
    /// For FD_PREFIX: the operation at which the power went.
    uint64_t moment;
    /// Of 256, how many survive, where each is chosen by itself.
    uint32_t chance;
    uint32_t sector_bytes;
} cutting;

static uint32_t below(cutting *cut, uint32_t bound) { return (uint32_t)(fd_random(&cut->random) >> 32) % bound; }

static int is_kept(cutting *cut, uint64_t number) {
    switch (cut->survivors) {
    case FD_LOSE_ALL: return 0;
    case FD_KEEP_ALL: return 1;
    case FD_PREFIX: return number < cut->moment;
    default: return below(cut, 256) < cut->chance;
    }
}

/// Lays the sectors of a write that survive onto a file.
static void tear(cutting *cut, buffer *onto, const pending_write *write) {
    int64_t position = write->offset, end = write->offset + write->length;
    int64_t size = onto->size;
    uint32_t kept = below(cut, 256);
    while (position < end) {
        int64_t next = (position / cut->sector_bytes + 1) * cut->sector_bytes;
        if (next > end) next = end;
        if (below(cut, 256) < kept) {
            buffer_write(onto, position, write->bytes + (position - write->offset), next - position);
        } else if (next <= size && below(cut, 32) == 0) {
            // The sector was being written when the power went.
            for (int64_t at = position; at < next; at++) onto->bytes[at] = (uint8_t)fd_random(&cut->random);
        }
        position = next;
    }
}

static void settle(cutting *cut, buffer *onto, const pending_write *write) {
    if (!write->bytes) {
        if (is_kept(cut, write->number)) buffer_resize(onto, write->offset);
        return;
    }
    int is_torn = cut->survivors == FD_TORN_WRITES && !write->is_forgotten;
    if (cut->survivors == FD_PREFIX && write->number == cut->moment) is_torn = 1;
    if (is_torn) {
        tear(cut, onto, write);
    } else if (!write->is_forgotten && is_kept(cut, write->number)) {
        buffer_write(onto, write->offset, write->bytes, write->length);
    }
    // A file's size is metadata, and may have grown before its bytes were there.
    int64_t end = write->offset + write->length;
    if (cut->survivors >= FD_WHOLE_WRITES && end > onto->size && below(cut, 8) == 0) buffer_resize(onto, end);
}

/// What is left of one file: durable on the new disk, with nothing pending.
static content *survivor(cutting *cut, const content *file) {
    content *left = content_new();
    buffer_write(&left->durable, 0, file->durable.bytes, file->durable.size);
    for (size_t index = 0; index < file->pending_count; index++) settle(cut, &left->durable, &file->pending[index]);
    buffer_write(&left->current, 0, left->durable.bytes, left->durable.size);
    return left;
}

static int by_path(const void *a, const void *b) { return strcmp(((const name *)a)->path, ((const name *)b)->path); }

static cutting begin(const fd_disk *disk, uint64_t seed, int survivors) {
    cutting cut = {.random = seed, .survivors = survivors, .sector_bytes = disk->sector_bytes};
    if (survivors == FD_MIXED) {
        static const int choices[] = {FD_LOSE_ALL,     FD_KEEP_ALL,     FD_PREFIX,      FD_PREFIX,
                                      FD_WHOLE_WRITES, FD_WHOLE_WRITES, FD_TORN_WRITES, FD_TORN_WRITES};
        cut.survivors = choices[below(&cut, 8)];
    }
    cut.chance = below(&cut, 257);
    uint64_t oldest = disk->number + 1;
    for (size_t index = 0; index < disk->current.count; index++) {
        const content *file = disk->current.entries[index].file;
        if (file->pending_count && file->pending[0].number < oldest) oldest = file->pending[0].number;
    }
    if (disk->pending_count && disk->pending[0].number < oldest) oldest = disk->pending[0].number;
    cut.moment = oldest + below(&cut, (uint32_t)(disk->number + 2 - oldest));
    return cut;
}

fd_disk *fd_cut(fd_disk *disk, uint64_t seed, int survivors) {
    pthread_mutex_lock(&disk->mutex);
    fd_disk *left = fd_create(seed, disk->sector_bytes);
    cutting cut = begin(disk, seed, survivors);
    directory names = {0};
    for (size_t index = 0; index < disk->durable.count; index++)
        directory_set(&names, disk->durable.entries[index].path, disk->durable.entries[index].file);
    for (size_t index = 0; index < disk->pending_count; index++) {
        const pending_name *pending = &disk->pending[index];
        if (is_kept(&cut, pending->number)) directory_set(&names, pending->entry.path, pending->entry.file);
    }
    // The order of choices must not depend on the order in which names came.
    if (names.count) qsort(names.entries, names.count, sizeof *names.entries, by_path);
    for (size_t index = 0; index < names.count; index++) {
        content *file = survivor(&cut, names.entries[index].file);
        left->used += file->current.size;
        directory_set(&left->durable, names.entries[index].path, file);
        directory_set(&left->current, names.entries[index].path, file);
    }
    directory_clear(&names);
    pthread_mutex_unlock(&disk->mutex);
    return left;
}

uint64_t fd_hash(fd_disk *disk) {
    pthread_mutex_lock(&disk->mutex);
    uint64_t sum = 0;
    for (size_t index = 0; index < disk->durable.count; index++) {
        const name *entry = &disk->durable.entries[index];
        // FNV-1a over the path and the bytes; a sum over files, so that their order does not count.
        uint64_t hash = 0xCBF29CE484222325u;
        for (const char *at = entry->path; *at; at++) hash = (hash ^ (uint8_t)*at) * 0x100000001B3u;
        for (int64_t at = 0; at < entry->file->durable.size; at++)
            hash = (hash ^ entry->file->durable.bytes[at]) * 0x100000001B3u;
        sum += hash;
    }
    pthread_mutex_unlock(&disk->mutex);
    return sum;
}
