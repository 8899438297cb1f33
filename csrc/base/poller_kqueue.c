#include "base/poller.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/types.h>
/* after sys/types.h */
#include <sys/event.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 64
#define TIMER 1

int poller_open(struct poller *poller) {
    poller->timer = -1;
    poller->descriptor = kqueue();
    if (poller->descriptor < 0)
        return errno;
    fcntl(poller->descriptor, F_SETFD, FD_CLOEXEC);
    return 0;
}

void poller_close(struct poller *poller) {
    if (poller->descriptor >= 0)
        close(poller->descriptor);
    *poller = (struct poller)POLLER_CLOSED;
}

static int set_filter(struct poller *poller, int descriptor, short filter, bool wanted,
                      void *owner) {
    struct kevent change;
    EV_SET(&change, (uintptr_t)descriptor, filter, wanted ? EV_ADD : EV_DELETE, 0, 0, owner);
    if (kevent(poller->descriptor, &change, 1, NULL, 0, NULL) == 0)
        return 0;
    return !wanted && (errno == ENOENT || errno == EBADF) ? 0 : errno;
}

int poller_set(struct poller *poller, int descriptor, unsigned events, void *owner) {
    int error = set_filter(poller, descriptor, EVFILT_READ, events & POLLER_READ, owner);
    return error ? error
                 : set_filter(poller, descriptor, EVFILT_WRITE, events & POLLER_WRITE, owner);
}

int poller_set_timer(struct poller *poller, int64_t milliseconds) {
    struct kevent change;
    if (milliseconds < 0 && poller->timer < 0)
        return 0;
    EV_SET(&change, TIMER, EVFILT_TIMER, milliseconds < 0 ? EV_DELETE : EV_ADD | EV_ONESHOT, 0,
           milliseconds < 0 ? 0 : (intptr_t)milliseconds, poller);
    bool done = kevent(poller->descriptor, &change, 1, NULL, 0, NULL) == 0 || errno == ENOENT;
    poller->timer = milliseconds < 0 ? -1 : 0;
    return done ? 0 : errno;
}

static unsigned events_of(const struct kevent *event) {
    unsigned kind = event->filter == EVFILT_WRITE ? POLLER_WRITE : POLLER_READ;
    return (event->flags & (EV_EOF | EV_ERROR)) ? kind | POLLER_ERROR : kind;
}

int poller_wait(struct poller *poller, struct poller_event *events, size_t size,
                int64_t milliseconds) {
    struct kevent happened[EVENTS_AT_ONCE];
    int most = size < EVENTS_AT_ONCE ? (int)size : EVENTS_AT_ONCE;
    struct timespec time = {.tv_sec = (time_t)(milliseconds / 1000),
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    int count =
        kevent(poller->descriptor, NULL, 0, happened, most, milliseconds < 0 ? NULL : &time);
    int reported = 0;
    for (int i = 0; i < count; i++) {
        if (happened[i].filter == EVFILT_TIMER)
            poller->timer = -1;
        else
            events[reported++] =
                (struct poller_event){(void *)happened[i].udata, events_of(&happened[i])};
    }
    return count < 0 ? -1 : reported;
}
