/* How somebody waits for a loop who waits elsewhere: by one descriptor, the same until it is
 * closed, which can be read when the loop has something to do, or when a transfer of his ended in a
 * turn that another took. Where a poller has no descriptor there is nothing to wait for but a time.
 *
 * A system takes a socket through few pollers that lie one in another: Linux lets a hundred ways
 * lead from one to a host's own poller. So a few of the watches lead: they hold the descriptor of
 * the loop, and by the turns that they take the others are woken. No Lua. */
#ifndef ROLLCALL_WATCH_H
#define ROLLCALL_WATCH_H

#include <stdbool.h>

#include "base/poller.h"

#define WATCH_LEADERS 8

struct watch {
    struct poller poller;
    struct watch *next; /* of those that wait and do not lead */
    bool woken;
    bool waits;
    bool leads;
};

#define WATCH_CLOSED                                                                               \
    { .poller = POLLER_CLOSED }

/* The watches of a loop. */
struct watches {
    int descriptor; /* of the loop, or -1 */
    unsigned count; /* that are open */
    struct watch *leading[WATCH_LEADERS];
    struct watch *led;
};

/* Returns 0 or an errno, with nothing opened. */
int watch_open(struct watch *watch, struct watches *watches);

/* May be called again. */
void watch_close(struct watch *watch, struct watches *watches);

/* It is waited for from now on, until it takes a turn; it will take none before it waits again. */
void watch_begin_wait(struct watch *watch, struct watches *watches);
void watch_take_turn(struct watch *watch, struct watches *watches);
void watch_leave(struct watch *watch, struct watches *watches);

/* Something is there for it. */
void watch_wake(struct watch *watch);

#endif
