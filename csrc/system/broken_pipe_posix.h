/* A pipe without a reader is an error of the write, as any other, between these two calls. */
#ifndef ROLLCALL_BROKEN_PIPE_POSIX_H
#define ROLLCALL_BROKEN_PIPE_POSIX_H

#include <signal.h>

struct broken_pipe {
    sigset_t mask;
    sigset_t pending;
};

void broken_pipe_hold(struct broken_pipe *before);
void broken_pipe_release(const struct broken_pipe *before);

#endif
