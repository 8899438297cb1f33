#define _GNU_SOURCE

#include "smb/worker_spawn.h"

#include <errno.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/spawn.h"

/* The worker gets what names, Kerberos, time and sanitizers need, and nothing else: the host
 * program may keep secrets in its environment. */
static bool is_passed_on(const char *variable) {
    static const char *const names[] = {
        "HOME=",
        "USER=",
        "LOGNAME=",
        "PATH=",
        "LANG=",
        "LC_ALL=",
        "TZ=",
        "TMPDIR=",
        "KRB5CCNAME=",
        "KRB5_CONFIG=",
        "KRB5_KTNAME=",
        "KRB5_TRACE=",
        "KRB5_CLIENT_KTNAME=",
        "LD_LIBRARY_PATH=",
        "ASAN_OPTIONS=",
        "UBSAN_OPTIONS=",
        "LSAN_OPTIONS=",
        "LLVM_PROFILE_FILE=",
    };
    return spawn_is_among(variable, names, sizeof names / sizeof *names);
}

/* What the host has left open for children the program closes itself. */
int worker_spawn(pid_t *process, const char *program, int socket, bool is_template) {
    char name[] = "smbpipe", template[] = WORKER_TEMPLATE;
    char *const arguments[] = {name, is_template ? template : NULL, NULL};
    const struct spawn spawn = {
        .program = program,
        .arguments = arguments,
        .is_passed_on = is_passed_on,
        .streams = {socket, -1, -1},
        .flags = is_template ? POSIX_SPAWN_SETPGROUP : 0,
    };
    return spawn_start(&spawn, process);
}

int worker_open_sockets(int sockets[2]) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return errno;
    return spawn_out_of_streams(sockets);
}
