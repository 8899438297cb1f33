#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/audit_file.h"

static bool fail(char *problem, const char *words) {
    snprintf(problem, AUDIT_PROBLEM_SIZE, "%s", words);
    return false;
}

/* What is there may only be added to, and a device would keep nothing. */
static bool check(int file, bool *is_broken, char *problem) {
    struct stat status;
    char last = '\n';
    if (fstat(file, &status) != 0)
        return fail(problem, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(problem, "is not a regular file, which would keep what is written");
    if (status.st_size > 0 && pread(file, &last, 1, status.st_size - 1) != 1)
        return fail(problem, "cannot be read");
    *is_broken = last != '\n';
    return true;
}

bool audit_open(intptr_t *file, const char *path, bool *is_broken, char *problem) {
    int opened = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (opened < 0)
        return fail(problem, strerror(errno));
    if (!check(opened, is_broken, problem)) {
        close(opened);
        return false;
    }
    *file = opened;
    return true;
}

bool audit_put(intptr_t file, const char *bytes, size_t length, char *problem) {
    while (length > 0) {
        ssize_t written = write((int)file, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(problem, strerror(errno));
        bytes += written;
        length -= (size_t)written;
    }
    return fsync((int)file) == 0 || fail(problem, strerror(errno));
}

void audit_close(intptr_t file) {
    close((int)file);
}
