#define _GNU_SOURCE

#include "smb/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define IN_CAPACITY (FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT)

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
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static char **passed_environment(void) {
    size_t count = 0;
    while (environ && environ[count])
        count++;
    char **passed = malloc((count + 1) * sizeof *passed);
    if (!passed)
        return NULL;
    char **next = passed;
    for (size_t i = 0; i < count; i++)
        if (is_passed_on(environ[i]))
            *next++ = environ[i];
    *next = NULL;
    return passed;
}

/* The worker's standard input is the socket, and its signals are as a shell would give them. What
 * the host has left open for children it closes itself. */
static int spawn(pid_t *process, const char *program, int socket, char **environment) {
    char name[] = "smbpipe";
    char *const arguments[] = {name, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_RDWR, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    sigfillset(&signals);
    if (!error)
        error = posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    if (!error)
        error = posix_spawnattr_setsigmask(&attributes, &signals);
    if (!error)
        error =
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (!error)
        error = posix_spawn(process, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Where the host has closed standard streams a socket may get the number of one, and then what is
 * written to that. Returns the number to use instead, or -1 if there is none left. */
static int out_of_streams(int descriptor) {
    if (descriptor > STDERR_FILENO)
        return descriptor;
    int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(descriptor);
    return moved;
}

/* Returns 0, or an errno with nothing open. */
static int open_sockets(int sockets[2]) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        return errno;
    sockets[0] = out_of_streams(sockets[0]);
    sockets[1] = out_of_streams(sockets[1]);
    if (sockets[0] >= 0 && sockets[1] >= 0)
        return 0;
    for (int i = 0; i < 2; i++)
        if (sockets[i] >= 0)
            close(sockets[i]);
    return EMFILE;
}

int worker_start(struct worker_process *worker, const char *program) {
    int sockets[2];
    int error = ENOMEM;
    if (!worker->in && !(worker->in = malloc(IN_CAPACITY)))
        return error;
    worker->in_start = worker->in_end = worker->out_start = worker->out_end = 0;
    char **environment = passed_environment();
    if (!environment)
        return error;
    error = open_sockets(sockets);
    if (!error) {
        error = spawn(&worker->process, program, sockets[1], environment);
        close(sockets[1]);
        if (error)
            close(sockets[0]);
        else
            worker->descriptor = sockets[0];
    }
    free(environment);
    if (!error)
        fcntl(worker->descriptor, F_SETFL, O_NONBLOCK);
    return error;
}

/* The process is killed only while it is certain that the number is still its own: a host that
 * reaps every child may have reaped this one. */
static void end_process(pid_t process) {
    pid_t ended;
    do
        ended = waitpid(process, NULL, WNOHANG);
    while (ended < 0 && errno == EINTR);
    if (ended != 0)
        return;
    kill(process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void worker_stop(struct worker_process *worker) {
    if (worker->descriptor >= 0) {
        close(worker->descriptor);
        end_process(worker->process);
    }
    if (worker->out)
        explicit_bzero(worker->out, worker->out_capacity);
    free(worker->in);
    free(worker->out);
    *worker = (struct worker_process)WORKER_NONE;
}

uint8_t *worker_frame(struct worker_process *worker, size_t payload_limit) {
    size_t needed = worker->out_end + FRAME_HEADER_LENGTH + payload_limit;
    if (needed > worker->out_capacity) {
        uint8_t *out = malloc(needed);
        if (!out)
            return NULL;
        if (worker->out) {
            memcpy(out, worker->out, worker->out_end);
            explicit_bzero(worker->out, worker->out_capacity);
            free(worker->out);
        }
        worker->out = out;
        worker->out_capacity = needed;
    }
    return worker->out + worker->out_end + FRAME_HEADER_LENGTH;
}

void worker_send(struct worker_process *worker, uint8_t kind, size_t payload_length) {
    frame_write_header(worker->out + worker->out_end, kind, payload_length);
    worker->out_end += FRAME_HEADER_LENGTH + payload_length;
}

/* False if the worker is gone. */
static bool flush(struct worker_process *worker) {
    while (worker->out_start < worker->out_end) {
        ssize_t sent = send(worker->descriptor, worker->out + worker->out_start,
                            worker->out_end - worker->out_start, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        explicit_bzero(worker->out + worker->out_start, (size_t)sent);
        worker->out_start += (size_t)sent;
    }
    worker->out_start = worker->out_end = 0;
    return true;
}

enum worker_state worker_next(struct worker_process *worker, struct frame *frame) {
    if (!flush(worker))
        return WORKER_ENDED;
    for (;;) {
        size_t length =
            frame_read(worker->in + worker->in_start, worker->in_end - worker->in_start, frame);
        if (length == SIZE_MAX)
            return WORKER_ENDED;
        if (length > 0) {
            worker->in_start += length;
            return WORKER_FRAME;
        }
        memmove(worker->in, worker->in + worker->in_start, worker->in_end - worker->in_start);
        worker->in_end -= worker->in_start;
        worker->in_start = 0;
        ssize_t got =
            recv(worker->descriptor, worker->in + worker->in_end, IN_CAPACITY - worker->in_end, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return WORKER_WAIT;
        if (got <= 0)
            return WORKER_ENDED;
        worker->in_end += (size_t)got;
    }
}

bool worker_has_output(const struct worker_process *worker) {
    return worker->out_start < worker->out_end;
}
