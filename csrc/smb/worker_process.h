/* A worker process and the socket to it, as a pollable descriptor of whole frames. Nothing here
 * blocks but the last moment of pipe_stop, which waits for a process that was just killed. */
#ifndef ROLLCALL_WORKER_PROCESS_H
#define ROLLCALL_WORKER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "smb/frame.h"

struct pipe {
    int descriptor; /* -1: not started */
    pid_t process;
    uint8_t *in; /* FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT bytes */
    size_t in_start;
    size_t in_end;
    uint8_t *out;
    size_t out_start;
    size_t out_end;
    size_t out_capacity;
};

enum pipe_state {
    PIPE_WAIT,  /* nothing now: poll */
    PIPE_FRAME, /* a frame came */
    PIPE_ENDED, /* the worker is gone, or sent what is no frame */
};

#define PIPE_INITIAL                                                                               \
    { .descriptor = -1 }

/* Starts the worker program. Returns 0, or an errno with nothing started. */
int pipe_start(struct pipe *pipe, const char *program);

/* Kills the worker if it runs, and frees everything. May be called at any time, and again. */
void pipe_stop(struct pipe *pipe);

/* Makes room for a frame and returns where its payload goes, or NULL without memory. */
uint8_t *pipe_frame(struct pipe *pipe, size_t payload_limit);

/* Queues the frame whose payload was written to the place that pipe_frame returned. */
void pipe_send(struct pipe *pipe, uint8_t kind, size_t payload_length);

/* Sends what is queued and looks for a frame, which stays valid until the next call. */
enum pipe_state pipe_next(struct pipe *pipe, struct frame *frame);

/* What to poll the descriptor for. */
short pipe_events(const struct pipe *pipe);

#endif
