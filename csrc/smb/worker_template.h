/* A process of the worker program that has loaded its libraries and its configuration, has seen no
 * credentials, and becomes workers by fork: a tenth of the work of starting one anew. It is worth
 * it from the second worker on. */
#ifndef ROLLCALL_WORKER_TEMPLATE_H
#define ROLLCALL_WORKER_TEMPLATE_H

#include <stdbool.h>
#include <sys/types.h>

struct worker_template {
    int descriptor; /* -1: not started */
    pid_t process;  /* and the number of the group that it and its workers are */
    bool is_wanted; /* a worker has been started before */
    bool is_broken; /* it is not tried again */
};

#define WORKER_TEMPLATE_NONE                                                                       \
    { .descriptor = -1 }

/* Has the template, which is started if it does not run, become a worker with this socket, of which
 * it gets a copy. False where it does not: a worker is to be started by itself. */
bool worker_template_copy(struct worker_template *template, const char *program, int socket);

/* Ends it. Its workers' sockets have been closed; one that is left is killed. May be called again.
 */
void worker_template_stop(struct worker_template *template);

#endif
