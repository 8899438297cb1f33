/* Descriptors that are waited for as one. A poller is a descriptor itself, the same from open to
 * close, so that a host's event loop can wait for all that is in it: epoll, or kqueue where there
 * is none. No Lua. */
#ifndef ROLLCALL_POLLER_H
#define ROLLCALL_POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POLLER_READ = 1, POLLER_WRITE = 2, POLLER_ERROR = 4 };

struct poller {
    int descriptor; /* -1: closed */
    int timer;      /* -1: none was ever set */
};

struct poller_event {
    void *owner; /* as given to poller_set */
    unsigned events;
};

#define POLLER_CLOSED                                                                              \
    { .descriptor = -1, .timer = -1 }

/* Returns 0 or an errno, with nothing opened. */
int poller_open(struct poller *poller);

/* May be called again. What is in it stays open. */
void poller_close(struct poller *poller);

/* Waits for these events of a descriptor from now on; 0 takes it out, and must before it is closed
 * where a copy of it stays open. `owner` is given back with what happened. Returns 0 or an errno.
 */
int poller_set(struct poller *poller, int descriptor, unsigned events, void *owner);

/* The poller can be read once so many milliseconds are over; below 0, never. Replaces what was set
 * before. Returns 0 or an errno. */
int poller_set_timer(struct poller *poller, int64_t milliseconds);

/* Waits for so many milliseconds at most, below 0 for ever, and reports at most `size` of the
 * things that happened; the timer is none of them. Returns their number, or -1 with errno set. */
int poller_wait(struct poller *poller, struct poller_event *events, size_t size,
                int64_t milliseconds);

#endif
