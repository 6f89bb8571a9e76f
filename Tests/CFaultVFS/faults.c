#include "disk.h"
#include <string.h>

static int fitting_code(int kind) {
    switch (kind) {
    case FD_OPEN: return SQLITE_CANTOPEN;
    case FD_DELETE: return SQLITE_IOERR_DELETE;
    case FD_ACCESS: return SQLITE_IOERR_ACCESS;
    case FD_READ: return SQLITE_IOERR_READ;
    case FD_WRITE: return SQLITE_IOERR_WRITE;
    case FD_TRUNCATE: return SQLITE_IOERR_TRUNCATE;
    case FD_SYNC: return SQLITE_IOERR_FSYNC;
    case FD_SIZE: return SQLITE_IOERR_FSTAT;
    case FD_LOCK: return SQLITE_IOERR_LOCK;
    case FD_SHM_MAP: return SQLITE_IOERR_SHMMAP;
    default: return SQLITE_IOERR_SHMLOCK;
    }
}

int disk_begin(fd_disk *disk, int kind) {
    disk->counts[kind]++;
    if (disk->is_off) return fitting_code(kind);
    int code = SQLITE_OK;
    for (int index = disk->is_spared ? RULES : 0; index < RULES; index++) {
        rule *rule = &disk->rules[index];
        if (!rule->is_armed || !(rule->kinds & 1u << kind)) continue;
        if (rule->after > 0) {
            rule->after--;
            continue;
        }
        if (!rule->forever) rule->is_armed = 0;
        if (code == SQLITE_OK) code = rule->code ? rule->code : fitting_code(kind);
    }
    if (code != SQLITE_OK) disk->faults++;
    return code;
}

void disk_tell(fd_disk *disk, int kind) {
    pthread_mutex_lock(&disk->mutex);
    void (*hook)(void *, int) = disk->is_off ? NULL : disk->hook;
    void *context = disk->hook_context;
    pthread_mutex_unlock(&disk->mutex);
    if (hook) hook(context, kind);
}

int fd_fail(fd_disk *disk, uint32_t kinds, uint64_t after, int forever, int code) {
    pthread_mutex_lock(&disk->mutex);
    int place = 0;
    while (place < RULES && disk->rules[place].is_armed) place++;
    if (place < RULES) disk->rules[place] = (rule){kinds, after, forever, code, 1};
    pthread_mutex_unlock(&disk->mutex);
    return place < RULES;
}

void fd_heal(fd_disk *disk) {
    pthread_mutex_lock(&disk->mutex);
    memset(disk->rules, 0, sizeof disk->rules);
    pthread_mutex_unlock(&disk->mutex);
}

#define LOCKED(type, expression) \
    pthread_mutex_lock(&disk->mutex); \
    type result = expression; \
    pthread_mutex_unlock(&disk->mutex); \
    return result

uint64_t fd_faults(fd_disk *disk) { LOCKED(uint64_t, disk->faults); }
int64_t fd_used(fd_disk *disk) { LOCKED(int64_t, disk->used); }

int64_t fd_size(fd_disk *disk, const char *path) {
    pthread_mutex_lock(&disk->mutex);
    const content *file = directory_find(&disk->current, path);
    int64_t size = file ? file->current.size : -1;
    pthread_mutex_unlock(&disk->mutex);
    return size;
}

#define SET(field, value) \
    pthread_mutex_lock(&disk->mutex); \
    disk->field = value; \
    pthread_mutex_unlock(&disk->mutex)

void fd_set_capacity(fd_disk *disk, int64_t bytes) { SET(capacity, bytes); }
void fd_set_lies(fd_disk *disk, int lies) { SET(lies, lies); }
void fd_set_forgets(fd_disk *disk, int forgets) { SET(forgets, forgets); }

void fd_set_spared(fd_disk *disk, int spared) { SET(is_spared, spared); }

void fd_counts(fd_disk *disk, uint64_t counts[FD_KINDS]) {
    pthread_mutex_lock(&disk->mutex);
    memcpy(counts, disk->counts, sizeof disk->counts);
    pthread_mutex_unlock(&disk->mutex);
}

void fd_set_hook(fd_disk *disk, void (*hook)(void *, int), void *context) {
    pthread_mutex_lock(&disk->mutex);
    disk->hook = hook;
    disk->hook_context = context;
    pthread_mutex_unlock(&disk->mutex);
}

int fd_damage(fd_disk *disk, const char *path, int64_t offset, uint8_t mask) {
    int done = 0;
    pthread_mutex_lock(&disk->mutex);
    content *file = directory_find(&disk->current, path);
    if (file && offset >= 0 && offset < file->current.size) {
        file->current.bytes[offset] ^= mask;
        if (offset < file->durable.size) file->durable.bytes[offset] ^= mask;
        done = 1;
    }
    pthread_mutex_unlock(&disk->mutex);
    return done;
}
