#include "workspace/http/watch.h"

#include <stddef.h>

/* A timer that has run out is what wakes, so that it needs no descriptor of its own; it is made
 * here, where it may fail. */
int watch_open(struct watch *watch, struct watches *watches) {
    *watch = (struct watch)WATCH_CLOSED;
    int error = poller_open(&watch->poller);
    if (!error)
        error = poller_set_timer(&watch->poller, 0);
    if (!error)
        error = poller_set_timer(&watch->poller, -1);
    if (error)
        poller_close(&watch->poller);
    else if (watch->poller.descriptor >= 0)
        watches->count++;
    return error;
}

static void lead(struct watch *watch, struct watches *watches, struct watch **place) {
    if (*place) {
        poller_set(&(*place)->poller, watches->descriptor, 0, NULL);
        (*place)->leads = false;
    }
    *place = watch;
    if (!watch)
        return;
    watch->leads = true;
    /* One that cannot lead takes a turn at once, and so comes here again. */
    if (poller_set(&watch->poller, watches->descriptor, POLLER_READ, NULL) != 0)
        watch_wake(watch);
}

static void take_out(struct watch *watch, struct watches *watches) {
    struct watch **place = &watches->led;
    while (*place && *place != watch)
        place = &(*place)->next;
    if (*place)
        *place = watch->next;
    watch->next = NULL;
}

/* Lets another that waits lead instead, if there is one. */
static void hand_over(struct watch *watch, struct watches *watches, bool whatever) {
    for (size_t i = 0; i < WATCH_LEADERS; i++) {
        struct watch *next = watches->led;
        if (watches->leading[i] != watch || !(next || whatever))
            continue;
        if (next)
            take_out(next, watches);
        lead(next, watches, &watches->leading[i]);
    }
}

void watch_close(struct watch *watch, struct watches *watches) {
    if (watch->poller.descriptor < 0)
        return;
    watch_take_turn(watch, watches);
    hand_over(watch, watches, true);
    poller_close(&watch->poller);
    watches->count--;
}

void watch_begin_wait(struct watch *watch, struct watches *watches) {
    if (watch->poller.descriptor < 0)
        return;
    watch->waits = true;
    if (watch->leads)
        return;
    for (size_t i = 0; i < WATCH_LEADERS; i++)
        if (!watches->leading[i] || !watches->leading[i]->waits) {
            lead(watch, watches, &watches->leading[i]);
            return;
        }
    watch->next = watches->led;
    watches->led = watch;
}

void watch_take_turn(struct watch *watch, struct watches *watches) {
    if (watch->waits && !watch->leads)
        take_out(watch, watches);
    watch->waits = false;
    if (watch->woken)
        poller_set_timer(&watch->poller, -1);
    watch->woken = false;
}

void watch_leave(struct watch *watch, struct watches *watches) {
    if (watch->leads && !watch->waits)
        hand_over(watch, watches, false);
}

void watch_wake(struct watch *watch) {
    if (watch->poller.descriptor >= 0 && !watch->woken)
        watch->woken = poller_set_timer(&watch->poller, 0) == 0;
}
