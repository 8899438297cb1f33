#define _GNU_SOURCE

#include "base/poller.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS_AT_ONCE 64

int poller_open(struct poller *poller) {
    poller->timer = -1;
    poller->descriptor = epoll_create1(EPOLL_CLOEXEC);
    return poller->descriptor < 0 ? errno : 0;
}

void poller_close(struct poller *poller) {
    if (poller->timer >= 0)
        close(poller->timer);
    if (poller->descriptor >= 0)
        close(poller->descriptor);
    *poller = (struct poller)POLLER_CLOSED;
}

int poller_set(struct poller *poller, int descriptor, unsigned events, void *owner) {
    struct epoll_event event = {
        .events =
            ((events & POLLER_READ) ? EPOLLIN : 0U) | ((events & POLLER_WRITE) ? EPOLLOUT : 0U),
        .data.ptr = owner,
    };
    if (!events) {
        bool gone = epoll_ctl(poller->descriptor, EPOLL_CTL_DEL, descriptor, &event) == 0 ||
                    errno == ENOENT || errno == EBADF; /* what is closed is out already */
        return gone ? 0 : errno;
    }
    if (epoll_ctl(poller->descriptor, EPOLL_CTL_MOD, descriptor, &event) == 0)
        return 0;
    if (errno == ENOENT && epoll_ctl(poller->descriptor, EPOLL_CTL_ADD, descriptor, &event) == 0)
        return 0;
    return errno;
}

static int open_timer(struct poller *poller) {
    poller->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (poller->timer < 0)
        return errno;
    /* Its owner is the poller, which no descriptor of a caller's can have. */
    int error = poller_set(poller, poller->timer, POLLER_READ, poller);
    if (error) {
        close(poller->timer);
        poller->timer = -1;
    }
    return error;
}

int poller_set_timer(struct poller *poller, int64_t milliseconds) {
    struct itimerspec when = {{0, 0}, {0, 0}};
    if (milliseconds >= 0) {
        when.it_value.tv_sec = (time_t)(milliseconds / 1000);
        /* All zero would mean never. */
        when.it_value.tv_nsec = milliseconds ? (long)(milliseconds % 1000) * 1000000 : 1;
    } else if (poller->timer < 0) {
        return 0;
    }
    int error = poller->timer < 0 ? open_timer(poller) : 0;
    if (!error && timerfd_settime(poller->timer, 0, &when, NULL) != 0)
        error = errno;
    return error;
}

static unsigned events_of(uint32_t events) {
    return ((events & EPOLLIN) ? POLLER_READ : 0U) | ((events & EPOLLOUT) ? POLLER_WRITE : 0U) |
           ((events & (EPOLLERR | EPOLLHUP)) ? POLLER_ERROR : 0U);
}

int poller_wait(struct poller *poller, struct poller_event *events, size_t size,
                int64_t milliseconds) {
    struct epoll_event happened[EVENTS_AT_ONCE];
    int most = size < EVENTS_AT_ONCE ? (int)size : EVENTS_AT_ONCE;
    int timeout = milliseconds < 0 ? -1 : milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
    int count = epoll_wait(poller->descriptor, happened, most, timeout);
    int reported = 0;
    for (int i = 0; i < count; i++) {
        if (happened[i].data.ptr == poller) {
            poller_set_timer(poller, -1); /* it can be read until it is set anew */
            continue;
        }
        events[reported++] =
            (struct poller_event){happened[i].data.ptr, events_of(happened[i].events)};
    }
    return count < 0 ? -1 : reported;
}
