/* Records what a process does to the files below one directory, so that a test can rebuild the disk as a loss of
 * power at any moment might have left it (tests/it/powerloss/disk.rs).
 *
 * Loaded with LD_PRELOAD. Each operation is carried out and appended to the record under one lock, so the record is
 * the one order in which everything happened. A sync is recorded as a beginning and an end: what is written between
 * the two is not promised by it. The sync itself is replaced by a short sleep, because this directory's real disk is
 * never cut off, and other threads must get a chance to write in between.
 *
 * Environment: SCEAU_RECORD_DIR (watched, absolute, without symbolic links), SCEAU_RECORD_FILE (the record),
 * SCEAU_RECORD_ACKS (a file outside of the directory; what is written to it becomes acknowledgements in the record),
 * SCEAU_RECORD_DEAF (optional: syncs of files whose name begins so are left out, to prove that a test notices).
 *
 * Only what Rust's standard library and sled call is here. What would escape (shared writable mappings, links,
 * hole punching) is recorded as unsupported and fails the test; and the test compares the replayed record with the
 * real directory, so that nothing escapes silently.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum op { KNOWN = 1, CREATE, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, MKDIR, ACK, RANGE, UNSUPPORTED, LINK };

struct header {
    uint32_t op, node;
    uint64_t at;
    uint64_t length;
};

enum { FDS = 65536, NODES = 65536, OUTSIDE = 0, ACKS = UINT32_MAX };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char directory[PATH_MAX], acks[PATH_MAX];
static const char *deaf;
static int record = -1;
/* What each descriptor stands for: OUTSIDE, ACKS, or a node's number. */
static uint32_t nodes_of_fds[FDS];
/* Number n stands for the file or directory with this device and inode. */
static struct node {
    dev_t device;
    ino_t inode;
    int deaf;
} nodes[NODES];
static uint32_t node_count;
static uint64_t sync_count;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static void start(void) {
    const char *dir = getenv("SCEAU_RECORD_DIR"), *file = getenv("SCEAU_RECORD_FILE"), *ack = getenv("SCEAU_RECORD_ACKS");
    if (!dir || !file || !ack) return;
    snprintf(directory, sizeof directory, "%s", dir);
    snprintf(acks, sizeof acks, "%s", ack);
    deaf = getenv("SCEAU_RECORD_DEAF");
    record = REAL(open)(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (record < 0) abort();
}

static int recording(void) {
    pthread_once(&once, start);
    return record >= 0;
}

static void append(enum op op, uint32_t node, uint64_t at, const void *payload, size_t length) {
    int before = errno;
    struct header header = {op, node, at, length};
    struct iovec parts[2] = {{&header, sizeof header}, {(void *)payload, length}};
    if (REAL(writev)(record, parts, 2) != (ssize_t)(sizeof header + length)) abort();
    errno = before;
}

static void unsupported(const char *what) { append(UNSUPPORTED, 0, 0, what, strlen(what)); }

/* The path below the watched directory, "" for the directory itself; NULL when it is elsewhere. */
static const char *below(int at, const char *path, char full[PATH_MAX]) {
    int before = errno;
    char whole[PATH_MAX], parent[PATH_MAX], base[PATH_MAX], link[64];
    if (path[0] == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else {
        snprintf(link, sizeof link, at == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", at);
        ssize_t length = readlink(link, parent, sizeof parent - 1);
        if (length < 0) return NULL;
        parent[length] = 0;
        if (snprintf(whole, sizeof whole, "%s/%s", parent, path) >= (int)sizeof whole) return NULL;
    }
    snprintf(parent, sizeof parent, "%s", whole);
    snprintf(base, sizeof base, "%s", whole);
    const char *name = basename(base);
    int is_dots = !strcmp(name, ".") || !strcmp(name, "..");
    if (!realpath(is_dots ? whole : dirname(parent), full)) {
        errno = before;
        return NULL;
    }
    errno = before;
    if (!is_dots) {
        size_t used = strlen(full);
        if (snprintf(full + used, PATH_MAX - used, "/%s", name) >= (int)(PATH_MAX - used)) return NULL;
    }
    size_t length = strlen(directory);
    if (strncmp(full, directory, length) || (full[length] && full[length] != '/')) return NULL;
    return full[length] ? full + length + 1 : full + length;
}

static uint32_t number(const struct stat *stat, const char *path, enum op if_new) {
    uint32_t n = node_count;
    /* From the newest: the number of a deleted file may come again. */
    if (if_new == KNOWN)
        for (; n > 0; n--)
            if (nodes[n].inode == stat->st_ino && nodes[n].device == stat->st_dev) return n;
    if (++node_count >= NODES) abort();
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int is_deaf = deaf && !strncmp(basename(copy), deaf, strlen(deaf));
    nodes[node_count] = (struct node){stat->st_dev, stat->st_ino, is_deaf};
    append(if_new, node_count, S_ISDIR(stat->st_mode), path, strlen(path));
    return node_count;
}

static uint32_t node_of(int fd) { return fd >= 0 && fd < FDS ? nodes_of_fds[fd] : OUTSIDE; }

static int is_file(int fd) {
    uint32_t node = node_of(fd);
    return node != OUTSIDE && node != ACKS;
}

static int open_recorded(int at, const char *path, int flags, mode_t mode) {
    if (!recording()) return REAL(openat)(at, path, flags, mode);
    char full[PATH_MAX];
    struct stat stat;
    pthread_mutex_lock(&lock);
    const char *name = below(at, path, full);
    int existed = name && !fstatat(at, path, &stat, 0);
    off_t size = existed ? stat.st_size : 0;
    int fd = REAL(openat)(at, path, flags, mode);
    if (fd >= FDS) abort();
    if (fd >= 0) {
        nodes_of_fds[fd] = strcmp(path, acks) ? OUTSIDE : ACKS;
        if (name && (flags & O_TMPFILE) == O_TMPFILE) unsupported("O_TMPFILE");
        else if (name && !fstat(fd, &stat)) {
            nodes_of_fds[fd] = number(&stat, name, existed ? KNOWN : CREATE);
            if ((flags & O_TRUNC) && size > 0) append(TRUNCATE, nodes_of_fds[fd], 0, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

#define MODE_OF(flags, last)                                             \
    mode_t mode = 0;                                                     \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                               \
        va_list rest;                                                    \
        va_start(rest, last);                                            \
        mode = va_arg(rest, mode_t);                                     \
        va_end(rest);                                                    \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    return open_recorded(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    return open_recorded(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}
int openat(int at, const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    return open_recorded(at, path, flags, mode);
}
int openat64(int at, const char *path, int flags, ...) {
    MODE_OF(flags, flags)
    return open_recorded(at, path, flags | O_LARGEFILE, mode);
}
int creat(const char *path, mode_t mode) { return open_recorded(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static int duplicated(int from, int to) {
    if (to >= FDS) abort();
    if (to >= 0) nodes_of_fds[to] = node_of(from);
    return to;
}

int dup(int fd) {
    pthread_mutex_lock(&lock);
    int copy = duplicated(fd, REAL(dup)(fd));
    pthread_mutex_unlock(&lock);
    return copy;
}
int dup2(int fd, int to) {
    pthread_mutex_lock(&lock);
    int copy = duplicated(fd, REAL(dup2)(fd, to));
    pthread_mutex_unlock(&lock);
    return copy;
}
int dup3(int fd, int to, int flags) {
    pthread_mutex_lock(&lock);
    int copy = duplicated(fd, REAL(dup3)(fd, to, flags));
    pthread_mutex_unlock(&lock);
    return copy;
}

static int control(int fd, int command, void *argument) {
    if (command != F_DUPFD && command != F_DUPFD_CLOEXEC) return REAL(fcntl)(fd, command, argument);
    pthread_mutex_lock(&lock);
    int copy = duplicated(fd, REAL(fcntl)(fd, command, argument));
    pthread_mutex_unlock(&lock);
    return copy;
}
int fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return control(fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    return control(fd, command, argument);
}

int close(int fd) {
    if (fd == record && fd >= 0) {
        errno = EBADF;
        return -1;
    }
    if (node_of(fd) == OUTSIDE) return REAL(close)(fd);
    pthread_mutex_lock(&lock);
    nodes_of_fds[fd] = OUTSIDE;
    int result = REAL(close)(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

/* Appends what a write of `done` bytes took from these parts. */
static void written(int fd, const struct iovec *parts, int count, ssize_t done, off_t at) {
    for (int i = 0; i < count && done > 0; i++) {
        size_t length = parts[i].iov_len < (size_t)done ? parts[i].iov_len : (size_t)done;
        if (node_of(fd) == ACKS) append(ACK, 0, 0, parts[i].iov_base, length);
        else append(WRITE, node_of(fd), at, parts[i].iov_base, length);
        at += length;
        done -= length;
    }
}

/* A write at a place, or, with a negative place, where the descriptor stands. */
static ssize_t write_recorded(int fd, const struct iovec *parts, int count, off_t at) {
    pthread_mutex_lock(&lock);
    ssize_t done = at < 0 ? REAL(writev)(fd, parts, count) : REAL(pwritev)(fd, parts, count, at);
    if (done > 0) {
        /* With O_APPEND, too, the descriptor stands behind what was written. */
        off_t start = at < 0 ? lseek(fd, 0, SEEK_CUR) - done : at;
        if (at >= 0 && (REAL(fcntl)(fd, F_GETFL) & O_APPEND)) unsupported("pwrite with O_APPEND");
        written(fd, parts, count, done, start);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int fd, const void *data, size_t length) {
    if (node_of(fd) == OUTSIDE) return REAL(write)(fd, data, length);
    return write_recorded(fd, &(struct iovec){(void *)data, length}, 1, -1);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (node_of(fd) == OUTSIDE) return REAL(writev)(fd, parts, count);
    return write_recorded(fd, parts, count, -1);
}
ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    if (node_of(fd) == OUTSIDE) return REAL(pwrite)(fd, data, length, at);
    return write_recorded(fd, &(struct iovec){(void *)data, length}, 1, at);
}
ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) { return pwrite(fd, data, length, at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
    if (node_of(fd) == OUTSIDE) return REAL(pwritev)(fd, parts, count, at);
    return write_recorded(fd, parts, count, at);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) { return pwritev(fd, parts, count, at); }
ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags) {
    if (node_of(fd) == OUTSIDE) return REAL(pwritev2)(fd, parts, count, at, flags);
    return write_recorded(fd, parts, count, at);
}
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off_t at, int flags) {
    return pwritev2(fd, parts, count, at, flags);
}

/* Refused, so that callers fall back to read and write, which carry the data. */
ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t length, unsigned flags) {
    if (!is_file(out)) return REAL(copy_file_range)(in, in_at, out, out_at, length, flags);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile(int out, int in, off_t *at, size_t length) {
    if (!is_file(out)) return ((ssize_t(*)(int, int, off_t *, size_t))real("sendfile"))(out, in, at, length);
    errno = ENOSYS;
    return -1;
}
ssize_t sendfile64(int out, int in, off_t *at, size_t length) { return sendfile(out, in, at, length); }
ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t length, unsigned flags) {
    if (!is_file(out)) return REAL(splice)(in, in_at, out, out_at, length, flags);
    errno = EINVAL;
    return -1;
}

int ftruncate(int fd, off_t size) {
    if (!is_file(fd)) return REAL(ftruncate)(fd, size);
    pthread_mutex_lock(&lock);
    int result = REAL(ftruncate)(fd, size);
    if (!result) append(TRUNCATE, node_of(fd), size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fallocate(int fd, int mode, off_t at, off_t length) {
    if (!is_file(fd)) return REAL(fallocate)(fd, mode, at, length);
    struct stat stat;
    pthread_mutex_lock(&lock);
    int result = REAL(fallocate)(fd, mode, at, length);
    if (!result && (mode & ~FALLOC_FL_KEEP_SIZE)) unsupported("fallocate with a mode");
    else if (!result && !mode && !fstat(fd, &stat)) append(TRUNCATE, node_of(fd), stat.st_size, NULL, 0);
    pthread_mutex_unlock(&lock);
    return result;
}
int fallocate64(int fd, int mode, off_t at, off_t length) { return fallocate(fd, mode, at, length); }
int posix_fallocate(int fd, off_t at, off_t length) {
    if (!is_file(fd)) return REAL(posix_fallocate)(fd, at, length);
    return fallocate(fd, 0, at, length) ? errno : 0;
}
int posix_fallocate64(int fd, off_t at, off_t length) { return posix_fallocate(fd, at, length); }

static int sync_recorded(int fd) {
    uint32_t node = node_of(fd);
    if (nodes[node].deaf) return 0;
    pthread_mutex_lock(&lock);
    uint64_t ticket = sync_count++;
    append(SYNC_BEGIN, node, ticket, NULL, 0);
    pthread_mutex_unlock(&lock);
    nanosleep(&(struct timespec){0, 100000}, NULL);
    pthread_mutex_lock(&lock);
    append(SYNC_END, node, ticket, NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd) { return is_file(fd) ? sync_recorded(fd) : REAL(fsync)(fd); }
int fdatasync(int fd) { return is_file(fd) ? sync_recorded(fd) : REAL(fdatasync)(fd); }

/* Starts writing and promises nothing. */
int sync_file_range(int fd, off_t at, off_t length, unsigned flags) {
    if (!is_file(fd)) return REAL(sync_file_range)(fd, at, length, flags);
    pthread_mutex_lock(&lock);
    append(RANGE, node_of(fd), at, NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}

static int renamed(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    char from_full[PATH_MAX], to_full[PATH_MAX], both[2 * PATH_MAX + 1];
    if (!recording()) return REAL(renameat2)(from_at, from, to_at, to, flags);
    pthread_mutex_lock(&lock);
    const char *source = below(from_at, from, from_full), *target = below(to_at, to, to_full);
    int result = REAL(renameat2)(from_at, from, to_at, to, flags);
    if (!result && source && target && !(flags & RENAME_EXCHANGE)) {
        int length = snprintf(both, sizeof both, "%s\n%s", source, target);
        append(RENAME, 0, 0, both, length);
    } else if (!result && (source || target)) {
        unsupported("rename across the directory's border");
    }
    pthread_mutex_unlock(&lock);
    return result;
}
int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return renamed(from_at, from, to_at, to, 0); }
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    return renamed(from_at, from, to_at, to, flags);
}

int unlinkat(int at, const char *path, int flags) {
    if (!recording()) return REAL(unlinkat)(at, path, flags);
    char full[PATH_MAX];
    pthread_mutex_lock(&lock);
    const char *name = below(at, path, full);
    int result = REAL(unlinkat)(at, path, flags);
    if (!result && name) append(UNLINK, 0, 0, name, strlen(name));
    pthread_mutex_unlock(&lock);
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int at, const char *path, mode_t mode) {
    if (!recording()) return REAL(mkdirat)(at, path, mode);
    char full[PATH_MAX];
    struct stat stat;
    pthread_mutex_lock(&lock);
    const char *name = below(at, path, full);
    int result = REAL(mkdirat)(at, path, mode);
    if (!result && name && *name && !fstatat(at, path, &stat, 0)) number(&stat, name, MKDIR);
    pthread_mutex_unlock(&lock);
    return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    if (!recording()) return REAL(linkat)(from_at, from, to_at, to, flags);
    char full_from[PATH_MAX], full_to[PATH_MAX], both[2 * PATH_MAX];
    pthread_mutex_lock(&lock);
    const char *source = below(from_at, from, full_from), *target = below(to_at, to, full_to);
    int result = REAL(linkat)(from_at, from, to_at, to, flags);
    if (!result && source && target) {
        int length = snprintf(both, sizeof both, "%s\n%s", source, target);
        append(LINK, 0, 0, both, length);
    } else if (!result && (source || target)) {
        unsupported("a link across the directory's border");
    }
    pthread_mutex_unlock(&lock);
    return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t at) {
    if ((flags & MAP_SHARED) && (protection & PROT_WRITE) && is_file(fd)) {
        pthread_mutex_lock(&lock);
        unsupported("a shared writable mapping");
        pthread_mutex_unlock(&lock);
    }
    return REAL(mmap)(address, length, protection, flags, fd, at);
}
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t at) {
    return mmap(address, length, protection, flags, fd, at);
}
