#define _GNU_SOURCE

#include "system/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/broken_pipe_posix.h"

#define ATTEMPTS 100

struct output_handles {
    int file;
    int folder;                  /* of what is replaced, or -1 for what is written in place */
    char *target;                /* a path in that folder */
    mode_t mode;                 /* of what is replaced */
    char name[OUTPUT_NAME_SIZE]; /* in the folder, empty as long as the file has no name */
};

struct output_handles *output_handles_new(void) {
    struct output_handles *handles = calloc(1, sizeof *handles);
    if (handles)
        handles->file = handles->folder = -1;
    return handles;
}

static bool fail(char *problem, const char *words) {
    snprintf(problem, OUTPUT_PROBLEM_SIZE, "%s", words);
    return false;
}

static bool fail_for(char *problem, int error) {
    return fail(problem, strerror(error));
}

static void close_descriptor(int *descriptor) {
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static bool choose_name(struct output_handles *handles) {
    unsigned char bytes[8];
    if (getentropy(bytes, sizeof bytes) != 0)
        return false;
    size_t length = (size_t)snprintf(handles->name, sizeof handles->name, ".rollcall.");
    for (size_t i = 0; i < sizeof bytes; i++, length += 2)
        snprintf(handles->name + length, sizeof handles->name - length, "%02x", bytes[i]);
    return true;
}

static bool create_with_name(struct output_handles *handles, mode_t mode) {
    for (int i = 0; i < ATTEMPTS && handles->file < 0; i++) {
        if (!choose_name(handles))
            return false;
        handles->file =
            openat(handles->folder, handles->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (handles->file < 0) {
            handles->name[0] = '\0';
            if (errno != EEXIST)
                return false;
        }
    }
    return handles->file >= 0;
}

/* For a file without a name, of which nothing stays if the program is killed. */
static const char *link_source(const struct output_handles *handles, char path[64]) {
    snprintf(path, 64, "/proc/self/fd/%d", handles->file);
    return path;
}

static bool create(struct output_handles *handles, mode_t mode) {
    char path[64];
    handles->file = openat(handles->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (handles->file >= 0 && access(link_source(handles, path), F_OK) != 0)
        close_descriptor(&handles->file);
    /* Not every file system has such files. */
    return handles->file >= 0 || create_with_name(handles, mode);
}

static bool give_name(struct output_handles *handles) {
    char path[64];
    for (int i = 0; i < ATTEMPTS; i++) {
        if (!choose_name(handles))
            break;
        if (linkat(AT_FDCWD, link_source(handles, path), handles->folder, handles->name,
                   AT_SYMLINK_FOLLOW) == 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    handles->name[0] = '\0';
    return false;
}

/* The owner can often not be kept; then nobody gets more rights than before. */
static bool keep_owner_and_mode(struct output_handles *handles, const struct stat *old) {
    int file = handles->file;
    mode_t mode = old->st_mode & 07777;
    if (fchown(file, old->st_uid, old->st_gid) != 0) {
        mode &= 0777;
        if (fchown(file, (uid_t)-1, old->st_gid) != 0)
            mode = (mode & ~(mode_t)S_IRWXG) | (mode & S_IRWXO) << 3;
    }
    handles->mode = mode;
    return fchmod(file, mode) == 0;
}

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int open_folder(const char *path) {
    size_t length = (size_t)(base_of(path) - path);
    char *folder = length ? strndup(path, length) : strdup(".");
    if (!folder)
        return -1;
    int descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return descriptor;
}

static bool open_beside(struct output_handles *handles, const struct stat *old, bool private_file,
                        char *problem) {
    if (!handles->target || (handles->folder = open_folder(handles->target)) < 0 ||
        !create(handles, old || private_file ? S_IRUSR | S_IWUSR : 0666) ||
        (old && !keep_owner_and_mode(handles, old)))
        return fail_for(problem, errno);
    return true;
}

/* The kernel, which knows which links are not to be followed, has followed them; here it is made
 * sure that what they are resolved to is the file that it came to. */
static bool replace_later(struct output_handles *handles, const char *path, const struct stat *old,
                          char *problem) {
    struct stat found;
    handles->target = realpath(path, NULL);
    if (!handles->target || lstat(handles->target, &found) != 0 ||
        faccessat(AT_FDCWD, handles->target, W_OK, AT_EACCESS) != 0)
        return fail_for(problem, errno);
    if (found.st_dev != old->st_dev || found.st_ino != old->st_ino)
        return fail(problem, "was changed meanwhile");
    return open_beside(handles, old, false, problem);
}

static bool open_in_place(struct output_handles *handles, const char *path, char *problem) {
    struct stat status;
    handles->file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (handles->file < 0 || fstat(handles->file, &status) != 0)
        return fail_for(problem, errno);
    return !S_ISREG(status.st_mode) || fail(problem, "was changed meanwhile");
}

bool output_open(struct output_handles *handles, const char *path, bool private_file,
                 char *problem) {
    struct stat status;
    if (stat(path, &status) == 0)
        return S_ISREG(status.st_mode) ? replace_later(handles, path, &status, problem)
                                       : open_in_place(handles, path, problem);
    if (errno != ENOENT || !*base_of(path))
        return fail_for(problem, errno);
    if (lstat(path, &status) == 0)
        return fail(problem, "is a symbolic link to a file that is not there");
    handles->target = strdup(path);
    return open_beside(handles, NULL, private_file, problem);
}

bool output_put(struct output_handles *handles, const char *bytes, size_t length, char *problem) {
    struct broken_pipe before;
    ssize_t written = 0;
    broken_pipe_hold(&before);
    while (length > 0 && (written = write(handles->file, bytes, length)) >= 0) {
        bytes += written;
        length -= (size_t)written;
    }
    broken_pipe_release(&before);
    return written >= 0 || fail_for(problem, errno);
}

/* What is written must be on the disk before its name is: else a power failure could leave the name
 * of a whole file with nothing in it. */
bool output_finish(struct output_handles *handles, char *problem) {
    bool in_place = handles->folder < 0;
    /* Unless one is root, what was written has cleared these. */
    if (handles->mode & (S_ISUID | S_ISGID) && fchmod(handles->file, handles->mode) != 0)
        return fail_for(problem, errno);
    if (!in_place && fsync(handles->file) != 0 && errno != EINVAL)
        return fail_for(problem, errno);
    if (!in_place && !handles->name[0] && !give_name(handles))
        return fail_for(problem, errno);
    int file = handles->file;
    handles->file = -1;
    if (close(file) != 0)
        return fail_for(problem, errno);
    if (!in_place &&
        renameat(handles->folder, handles->name, handles->folder, base_of(handles->target)) != 0)
        return fail_for(problem, errno);
    handles->name[0] = '\0';
    return true;
}

void output_discard(struct output_handles *handles) {
    if (!handles)
        return;
    if (handles->name[0])
        unlinkat(handles->folder, handles->name, 0);
    handles->name[0] = '\0';
    close_descriptor(&handles->file);
    close_descriptor(&handles->folder);
    free(handles->target);
    handles->target = NULL;
}
