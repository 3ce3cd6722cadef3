/*
 * A disk that can lose power, for tests: preloaded into a process, it notes what each write, truncation, creation,
 * rename and removal under POWERLOSS_ROOT changed, until a sync makes it durable. Nothing of the noted is lost by
 * itself: the page cache survives kill -9. power-loss.ts takes back what was not synced, and the files are as a
 * machine finds them when its power returns.
 *
 * POWERLOSS_ROOT        folder whose files are watched
 * POWERLOSS_NOTES       folder of the notes, on the same file system
 * POWERLOSS_SYNC_US     how long a sync takes, microseconds: the time in which a signature could leave too early
 * POWERLOSS_DIE_IN      part of a path: the process kills itself ...
 * POWERLOSS_DIE_AT      ... before the sync of such a file with this number, from 1
 * POWERLOSS_ROOM        bytes that can be written before the disk is full (ENOSPC)
 * POWERLOSS_FULL        path of a file: while it is there, the disk is full
 *
 * A note of a file is a record in NOTES/INODE.undo: offset, length of the bytes that were there, size of the file
 * before (8 bytes each, little endian), the bytes. Offset ~0 says that the first "size" bytes of the notes are durable.
 * NOTES/names holds lines: C path, R old<TAB>new<TAB>kept, U path<TAB>kept, S folder; "kept" is a hard link or "-".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_MAX 65536
#define REAL(name) ((__typeof__(&name))real(#name))

struct notes {
  uint64_t inode;
  int fd;
  uint64_t length;
  uint64_t generation;
  struct notes *next;
};

static struct {
  struct notes *notes; /* of a file that is written */
  char *folder;        /* of a folder that is open */
  char *path;
  int append;
} opened[FDS_MAX];
static struct notes *all_notes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root, *folder_of_notes, *die_in, *full;
static long sync_us, die_at, syncs_of_die, room = -1;
static int names_fd = -1;
static unsigned kept_count;

static void *real(const char *name) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found == NULL) abort();
  return found;
}

__attribute__((constructor)) static void begin(void) {
  root = getenv("POWERLOSS_ROOT");
  folder_of_notes = getenv("POWERLOSS_NOTES");
  if (folder_of_notes == NULL) root = NULL;
  const char *us = getenv("POWERLOSS_SYNC_US"), *at = getenv("POWERLOSS_DIE_AT");
  sync_us = us == NULL ? 0 : atol(us);
  die_in = getenv("POWERLOSS_DIE_IN");
  die_at = at == NULL ? 0 : atol(at);
  full = getenv("POWERLOSS_FULL");
  const char *bytes = getenv("POWERLOSS_ROOM");
  if (bytes != NULL) room = atol(bytes);
}

static void must(int ok) {
  if (!ok) {
    static const char text[] = "power-loss: the notes cannot be kept\n";
    ssize_t ignored = REAL(write)(2, text, sizeof text - 1);
    (void)ignored;
    abort();
  }
}

static int is_watched(const char *path) {
  size_t length = root == NULL ? 0 : strlen(root);
  return length > 0 && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* The absolute form of a path whose last part need not be there. */
static int absolute(const char *path, char *out) {
  char copy[PATH_MAX], folder[PATH_MAX];
  if (strlen(path) >= PATH_MAX) return 0;
  strcpy(copy, path);
  for (size_t end = strlen(copy); end > 1 && copy[end - 1] == '/'; end--) copy[end - 1] = 0;
  char *slash = strrchr(copy, '/');
  const char *last = slash == NULL ? copy : slash + 1;
  if (slash != NULL) *slash = 0;
  const char *parent = slash == NULL ? "." : slash == copy ? "/" : copy;
  if (realpath(parent, folder) == NULL) return 0;
  return snprintf(out, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, last) < PATH_MAX;
}

static void note_name(const char *kind, const char *a, const char *b, const char *c) {
  if (names_fd < 0) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/names", folder_of_notes);
    names_fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    must(names_fd >= 0);
  }
  char line[3 * PATH_MAX + 8];
  int length = snprintf(line, sizeof line, "%s\t%s%s%s%s%s\n", kind, a, b ? "\t" : "", b ? b : "", c ? "\t" : "", c ? c : "");
  must(REAL(write)(names_fd, line, length) == length);
}

/* A hard link that keeps the file of a name which goes away; "-" when there is none. */
static void keep(const char *path, char *kept) {
  do snprintf(kept, PATH_MAX, "%s/kept-%d-%u", folder_of_notes, getpid(), kept_count++);
  while (access(kept, F_OK) == 0);
  if (link(path, kept) != 0) strcpy(kept, "-");
}

static struct notes *notes_of(uint64_t inode) {
  for (struct notes *known = all_notes; known != NULL; known = known->next)
    if (known->inode == inode) return known;
  struct notes *made = calloc(1, sizeof *made);
  must(made != NULL);
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%llu.undo", folder_of_notes, (unsigned long long)inode);
  made->inode = inode;
  made->fd = REAL(open)(path, O_RDWR | O_CREAT | O_APPEND, 0600);
  struct stat status;
  must(made->fd >= 0 && fstat(made->fd, &status) == 0);
  made->length = status.st_size;
  made->next = all_notes;
  all_notes = made;
  return made;
}

static void add_record(struct notes *notes, uint64_t offset, const void *bytes, uint64_t length, uint64_t size) {
  uint64_t head[3] = {offset, length, size};
  struct iovec parts[2] = {{head, sizeof head}, {(void *)bytes, length}};
  must(REAL(writev)(notes->fd, parts, 2) == (ssize_t)(sizeof head + length));
  notes->length += sizeof head + length;
}

/* Notes what stands from `offset` on, `length` bytes at most. The lock is held. */
static void note_before(int fd, uint64_t offset, uint64_t length) {
  struct stat status;
  must(fstat(fd, &status) == 0);
  uint64_t size = status.st_size, there = offset >= size ? 0 : size - offset;
  if (there > length) there = length;
  char *before = malloc(there + 1);
  must(before != NULL);
  if (there > 0) {
    /* The file may be open for writing alone. */
    char link_path[64];
    snprintf(link_path, sizeof link_path, "/proc/self/fd/%d", fd);
    int reader = REAL(open)(link_path, O_RDONLY);
    must(reader >= 0 && pread(reader, before, there, offset) == (ssize_t)there);
    REAL(close)(reader);
  }
  add_record(opened[fd].notes, offset, before, there, size);
  free(before);
}

static int has_notes(int fd) { return fd >= 0 && fd < FDS_MAX && opened[fd].notes != NULL; }

static uint64_t position_of(int fd) {
  struct stat status;
  if (!opened[fd].append) return lseek(fd, 0, SEEK_CUR);
  must(fstat(fd, &status) == 0);
  return status.st_size;
}

static int open_watched(const char *given, int flags, mode_t mode, int folder_fd) {
  char path[PATH_MAX];
  int at = folder_fd != AT_FDCWD && given[0] != '/';
  if (root == NULL || at || !absolute(given, path) || !is_watched(path))
    return at ? REAL(openat)(folder_fd, given, flags, mode) : REAL(open)(given, flags, mode);
  pthread_mutex_lock(&lock);
  struct stat status;
  int was_there = stat(path, &status) == 0;
  int truncates = was_there && (flags & O_TRUNC) && S_ISREG(status.st_mode);
  int fd = REAL(open)(path, truncates ? flags & ~O_TRUNC : flags, mode);
  int error = errno;
  if (fd >= 0 && fd < FDS_MAX && fstat(fd, &status) == 0) {
    opened[fd].append = (flags & O_APPEND) != 0;
    opened[fd].path = strdup(path);
    if (S_ISDIR(status.st_mode)) opened[fd].folder = strdup(path);
    else if (S_ISREG(status.st_mode) && (flags & O_ACCMODE) != O_RDONLY) {
      opened[fd].notes = notes_of(status.st_ino);
      if (!was_there) note_name("C", path, NULL, NULL);
      if (truncates) {
        note_before(fd, 0, status.st_size);
        must(REAL(ftruncate)(fd, 0) == 0);
      }
    }
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

static mode_t mode_of(int flags, va_list list) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

#define OPEN(name)                                       \
  int name(const char *path, int flags, ...) {           \
    va_list list;                                        \
    va_start(list, flags);                               \
    mode_t mode = mode_of(flags, list);                  \
    va_end(list);                                        \
    return open_watched(path, flags, mode, AT_FDCWD);    \
  }
#define OPENAT(name)                                     \
  int name(int fd, const char *path, int flags, ...) {   \
    va_list list;                                        \
    va_start(list, flags);                               \
    mode_t mode = mode_of(flags, list);                  \
    va_end(list);                                        \
    return open_watched(path, flags, mode, fd);          \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  if (fd >= 0 && fd < FDS_MAX && opened[fd].path != NULL) {
    pthread_mutex_lock(&lock);
    free(opened[fd].path);
    free(opened[fd].folder);
    memset(&opened[fd], 0, sizeof opened[fd]);
    int result = REAL(close)(fd);
    pthread_mutex_unlock(&lock);
    return result;
  }
  return REAL(close)(fd);
}

static uint64_t total(const struct iovec *parts, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

/* Truncation needs none. The lock is held. */
static int has_room(uint64_t length) {
  if (length == UINT64_MAX) return 1;
  if (full != NULL && access(full, F_OK) == 0) return 0;
  if (room < 0) return 1;
  if ((uint64_t)room < length) return 0;
  room -= length;
  return 1;
}

#define NOTED(fd, offset, length, call)      \
  do {                                       \
    if (!has_notes(fd)) return call;         \
    pthread_mutex_lock(&lock);               \
    if (!has_room(length)) {                 \
      pthread_mutex_unlock(&lock);           \
      errno = ENOSPC;                        \
      return -1;                             \
    }                                        \
    note_before(fd, offset, length);         \
    __typeof__(call) result = call;          \
    int error = errno;                       \
    pthread_mutex_unlock(&lock);             \
    errno = error;                           \
    return result;                           \
  } while (0)

ssize_t write(int fd, const void *bytes, size_t n) { NOTED(fd, position_of(fd), n, REAL(write)(fd, bytes, n)); }
ssize_t writev(int fd, const struct iovec *v, int n) { NOTED(fd, position_of(fd), total(v, n), REAL(writev)(fd, v, n)); }
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) { NOTED(fd, at, n, REAL(pwrite)(fd, b, n, at)); }
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) { NOTED(fd, at, n, REAL(pwrite64)(fd, b, n, at)); }
ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at) { NOTED(fd, at, total(v, n), REAL(pwritev)(fd, v, n, at)); }
ssize_t pwritev64(int fd, const struct iovec *v, int n, off64_t at) { NOTED(fd, at, total(v, n), REAL(pwritev64)(fd, v, n, at)); }
int ftruncate(int fd, off_t n) { NOTED(fd, n, UINT64_MAX, REAL(ftruncate)(fd, n)); }
int ftruncate64(int fd, off64_t n) { NOTED(fd, n, UINT64_MAX, REAL(ftruncate64)(fd, n)); }

/* What was written before the call is durable after it; the page cache keeps it, so the disk is left alone. */
static int sync_file(int fd) {
  pthread_mutex_lock(&lock);
  if (die_in != NULL && strstr(opened[fd].path, die_in) != NULL && ++syncs_of_die == die_at) raise(SIGKILL);
  struct notes *notes = opened[fd].notes;
  uint64_t covered = notes->length, generation = notes->generation;
  pthread_mutex_unlock(&lock);
  if (sync_us > 0) usleep(sync_us);
  pthread_mutex_lock(&lock);
  if (notes->generation == generation) {
    if (notes->length == covered) {
      must(REAL(ftruncate)(notes->fd, 0) == 0);
      notes->length = 0;
      notes->generation++;
    } else add_record(notes, UINT64_MAX, "", 0, covered);
  }
  pthread_mutex_unlock(&lock);
  return 0;
}

static int sync_folder(int fd) {
  pthread_mutex_lock(&lock);
  note_name("S", opened[fd].folder, NULL, NULL);
  pthread_mutex_unlock(&lock);
  return 0;
}

#define SYNC(name)                                                                         \
  int name(int fd) {                                                                       \
    if (has_notes(fd)) return sync_file(fd);                                               \
    if (fd >= 0 && fd < FDS_MAX && opened[fd].folder != NULL) return sync_folder(fd);      \
    return REAL(name)(fd);                                                                 \
  }
SYNC(fsync)
SYNC(fdatasync)

int rename(const char *old, const char *new) {
  char from[PATH_MAX], to[PATH_MAX], kept[PATH_MAX];
  if (root == NULL || !absolute(old, from) || !absolute(new, to) || !is_watched(to)) return REAL(rename)(old, new);
  pthread_mutex_lock(&lock);
  keep(to, kept);
  note_name("R", from, to, kept);
  int result = REAL(rename)(old, new);
  int error = errno;
  must(result == 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int unlink(const char *given) {
  char path[PATH_MAX], kept[PATH_MAX];
  if (root == NULL || !absolute(given, path) || !is_watched(path)) return REAL(unlink)(given);
  pthread_mutex_lock(&lock);
  keep(path, kept);
  if (strcmp(kept, "-") != 0) note_name("U", path, kept, NULL);
  int result = REAL(unlink)(given);
  int error = errno;
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
