/* Calls of the system that change a folder fail, or kill the process, at a number that is told.
 *
 * Built as a shared library and loaded before the C library (LD_PRELOAD), so that Python, Rust and
 * Arrow alike meet it. Calls count if what they change lies under the folder that is told. Told by
 * `fault_arm`, or, in a process that is started anew, by the environment:
 *
 *   FAULT_ROOT   the folder
 *   FAULT_AT     number of the call, from 1; 0 counts only
 *   FAULT_HOW    kill-before, kill-after, or the number of an error
 *   FAULT_STAYS  1: every later call fails as well, as on a full disk
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static long at, seen;
static int how, stays; /* how: -1 kill before, -2 kill after, else errno */

void fault_arm(const char *folder, long number, int what, int for_good) {
    snprintf(root, sizeof root, "%s", folder);
    seen = 0; at = number; how = what; stays = for_good;
}

long fault_seen(void) { return seen; }

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FAULT_ROOT"), *what = getenv("FAULT_HOW");
    if (!folder || !what) return;
    int number = !strcmp(what, "kill-before") ? -1 : !strcmp(what, "kill-after") ? -2 : atoi(what);
    const char *stay = getenv("FAULT_STAYS"), *n = getenv("FAULT_AT");
    fault_arm(folder, n ? atol(n) : 0, number, stay && *stay == '1');
}

static int under(const char *path) {
    size_t length = strlen(root);
    return length && !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

static int path_counts(int folder, const char *path) {
    char whole[2 * PATH_MAX], link[64], base[PATH_MAX];
    if (!*root || !path) return 0;
    if (*path == '/') return under(path);
    ssize_t n;
    if (folder == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return 0;
        n = (ssize_t)strlen(base);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        n = readlink(link, base, sizeof base - 1);
        if (n < 0) return 0;
        base[n] = 0;
    }
    snprintf(whole, sizeof whole, "%s/%s", base, path);
    return under(whole);
}

static int file_counts(int file) {
    char link[64], path[PATH_MAX];
    if (!*root) return 0;
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t n = readlink(link, path, sizeof path - 1);
    errno = kept;
    if (n < 0) return 0;
    path[n] = 0;
    return under(path);
}

/* 0: go on; 1: fail with errno set; 2: die once it has happened. */
static int fault(int counts) {
    if (!counts) return 0;
    long now = __sync_add_and_fetch(&seen, 1);
    if (!at || now < at || (now > at && !stays)) return 0;
    if (how == -1) { kill(getpid(), SIGKILL); pause(); }
    if (how == -2) return 2;
    errno = how;
    return 1;
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)
#define MEET(counts, call) do { \
    int met = fault(counts); \
    if (met == 1) return -1; \
    __auto_type answer = (call); \
    if (met == 2) { kill(getpid(), SIGKILL); pause(); } \
    return answer; } while (0)

ssize_t write(int file, const void *bytes, size_t n) {
    REAL(ssize_t, "write", int, const void *, size_t);
    int met = fault(file_counts(file));
    if (met == 1) return -1;
    if (met == 2 && n > 1) { real(file, bytes, n / 2); kill(getpid(), SIGKILL); pause(); } /* torn */
    ssize_t answer = real(file, bytes, n);
    if (met == 2) { kill(getpid(), SIGKILL); pause(); }
    return answer;
}
ssize_t writev(int file, const struct iovec *parts, int n) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    MEET(file_counts(file), real(file, parts, n));
}
ssize_t pwrite(int file, const void *bytes, size_t n, off_t place) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    MEET(file_counts(file), real(file, bytes, n, place));
}
ssize_t pwrite64(int file, const void *bytes, size_t n, off64_t place) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    MEET(file_counts(file), real(file, bytes, n, place));
}
/* What a dead process has written is written, so the disk is not waited for: it takes most of the time. */
int fsync(int file) {
    MEET(file_counts(file), 0);
}
int fdatasync(int file) {
    MEET(file_counts(file), 0);
}
void sync(void) {
    if (fault(*root != 0) == 2) { kill(getpid(), SIGKILL); pause(); }
}
int ftruncate(int file, off_t n) {
    REAL(int, "ftruncate", int, off_t);
    MEET(file_counts(file), real(file, n));
}
int ftruncate64(int file, off64_t n) {
    REAL(int, "ftruncate64", int, off64_t);
    MEET(file_counts(file), real(file, n));
}
int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    MEET(path_counts(AT_FDCWD, to), real(from, to));
}
int renameat(int one, const char *from, int other, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    MEET(path_counts(other, to), real(one, from, other, to));
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    MEET(path_counts(AT_FDCWD, path), real(path, mode));
}
int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(int, "mkdirat", int, const char *, mode_t);
    MEET(path_counts(folder, path), real(folder, path, mode));
}
int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    MEET(path_counts(AT_FDCWD, path), real(path));
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    MEET(path_counts(folder, path), real(folder, path, flags));
}
int rmdir(const char *path) {
    REAL(int, "rmdir", const char *);
    MEET(path_counts(AT_FDCWD, path), real(path));
}

#define OPENS(flags) ((flags) & O_CREAT)
#define MODE(flags) \
    mode_t mode = 0; \
    if (OPENS(flags)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

int open(const char *path, int flags, ...) {
    REAL(int, "open", const char *, int, ...);
    MODE(flags);
    MEET(OPENS(flags) && path_counts(AT_FDCWD, path), real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    REAL(int, "open64", const char *, int, ...);
    MODE(flags);
    MEET(OPENS(flags) && path_counts(AT_FDCWD, path), real(path, flags, mode));
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(int, "openat", int, const char *, int, ...);
    MODE(flags);
    MEET(OPENS(flags) && path_counts(folder, path), real(folder, path, flags, mode));
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(int, "openat64", int, const char *, int, ...);
    MODE(flags);
    MEET(OPENS(flags) && path_counts(folder, path), real(folder, path, flags, mode));
}
