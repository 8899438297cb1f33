/* A worker process and the socket to it, as a pollable descriptor of whole frames. Nothing here
 * blocks but the last moment of worker_stop, which waits for a process that was just killed. */
#ifndef ROLLCALL_WORKER_PROCESS_H
#define ROLLCALL_WORKER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "smb/frame.h"
#include "smb/worker_template.h"

struct worker_process {
    int descriptor; /* -1: not started */
    bool is_copy;   /* of a template, whose child it is */
    pid_t process;  /* where it is not */
    uint8_t *in;    /* FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT bytes */
    size_t in_start;
    size_t in_end;
    uint8_t *out;
    size_t out_start;
    size_t out_end;
    size_t out_capacity;
};

enum worker_state {
    WORKER_WAIT,  /* nothing now: poll */
    WORKER_FRAME, /* a frame came */
    WORKER_ENDED, /* the worker is gone, or sent what is no frame */
};

#define WORKER_NONE                                                                                \
    { .descriptor = -1 }

/* Starts the worker program, as a copy of the template, if there is one. Returns 0, or an errno
 * with nothing started. */
int worker_start(struct worker_process *worker, const char *program,
                 struct worker_template *template);

/* Kills the worker if it runs, or lets it end, if it is a copy; and frees everything. May be called
 * at any time, and again. */
void worker_stop(struct worker_process *worker);

/* Makes room for a frame and returns where its payload goes, or NULL without memory. */
uint8_t *worker_frame(struct worker_process *worker, size_t payload_limit);

/* Queues the frame whose payload was written to the place that worker_frame returned. */
void worker_send(struct worker_process *worker, uint8_t kind, size_t payload_length);

/* Sends what is queued and looks for a frame, which stays valid until the next call. */
enum worker_state worker_next(struct worker_process *worker, struct frame *frame);

/* Whether something is queued that the worker has no room for yet. */
bool worker_has_output(const struct worker_process *worker);

#endif
