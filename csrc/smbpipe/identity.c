#define _GNU_SOURCE

#include "smbpipe/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

static char **environment; /* the array is copied: libraries write into it */

void identity_keep_environment(void) {
    size_t count = 0;
    while (environ[count])
        count++;
    environment = malloc((count + 1) * sizeof *environment);
    if (environment)
        memcpy(environment, environ, (count + 1) * sizeof *environment);
}

static uint8_t own[FRAME_PAYLOAD_LIMIT];
static size_t own_length;

const uint8_t *identity_bytes(size_t *length) {
    *length = own_length;
    return own;
}

bool identity_is_same(const struct frame_logon *logon) {
    static uint8_t other[FRAME_PAYLOAD_LIMIT];
    struct frame_logon who = *logon;
    who.host = who.pipe = "";
    who.port = 0;
    who.timeout_milliseconds = 0;
    who.encrypt = false;
    if (own_length == 0) {
        own_length = frame_write_logon(own, sizeof own, &who);
        return true;
    }
    size_t length = frame_write_logon(other, sizeof other, &who);
    bool is_same = length == own_length && memcmp(own, other, length) == 0;
    explicit_bzero(other, length);
    return is_same;
}

static void close_at_exec(int first, int last) {
    for (int descriptor = first; descriptor <= last; descriptor++)
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

int identity_begin_anew(int module, const uint8_t *frame, size_t length) {
    static char name[] = "smbpipe", again[] = "again";
    char *const arguments[] = {name, again, NULL};
    union {
        unsigned long number;
        const char *text;
    } program = {getauxval(AT_EXECFN)};
    if (!environment || !program.text)
        return ENOMEM;
    int file = memfd_create("logon", MFD_CLOEXEC);
    if (file < 0)
        return errno;
    int flags = fcntl(module, F_GETFL);
    if (write(file, frame, length) != (ssize_t)length || lseek(file, 0, SEEK_SET) != 0) {
        close(file);
        return EIO;
    }
    close_at_exec(STDERR_FILENO + 1, 256);    /* this process opens few, and they are the lowest */
    fcntl(module, F_SETFL, flags & ~O_ASYNC); /* its signal would end what has no handler yet */
    dup2(module, STDIN_FILENO);
    dup2(file, IDENTITY_FRAME);
    execve(program.text, arguments, environment);
    int error = errno;
    dup2(STDERR_FILENO, STDIN_FILENO);
    dup2(STDERR_FILENO, IDENTITY_FRAME);
    close(file);
    fcntl(module, F_SETFL, flags);
    return error;
}
