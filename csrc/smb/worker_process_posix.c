#define _GNU_SOURCE

#include "smb/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smb/worker_spawn.h"

#define IN_CAPACITY (FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT)

int worker_start(struct worker_process *worker, const char *program,
                 struct worker_template *template) {
    int sockets[2];
    int error = ENOMEM;
    if (!worker->in && !(worker->in = malloc(IN_CAPACITY)))
        return error;
    worker->in_start = worker->in_end = worker->out_start = worker->out_end = 0;
    error = worker_open_sockets(sockets);
    if (!error) {
        worker->is_copy = template && worker_template_copy(template, program, sockets[1]);
        if (!worker->is_copy)
            error = worker_spawn(&worker->process, program, sockets[1], false);
        close(sockets[1]);
        if (error)
            close(sockets[0]);
        else
            worker->descriptor = sockets[0];
    }
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
        /* Which the other side sees, though a child of the host's may have a copy of this one. */
        shutdown(worker->descriptor, SHUT_RDWR);
        close(worker->descriptor);
        if (!worker->is_copy)
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
