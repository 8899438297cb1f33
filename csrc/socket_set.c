#define _GNU_SOURCE

#include "socket_set.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "transfer_loop.h"

#define NEVER INT64_MAX
#define FIRST_SIZE 64

static int on_timer(CURLM *multi, long milliseconds, void *context) {
    struct socket_set *set = context;
    (void)multi;
    set->timer = milliseconds < 0 ? NEVER : transfer_now() + milliseconds;
    return 0;
}

/* A free place, or NULL if there is no memory. */
static struct pollfd *free_place(struct socket_set *set) {
    for (size_t i = 1; i < set->polled_count; i++)
        if (set->polled[i].fd < 0)
            return &set->polled[i];
    if (set->polled_count == set->polled_size) {
        struct pollfd *polled = realloc(set->polled, 2 * set->polled_size * sizeof *polled);
        if (!polled)
            return NULL;
        set->polled = polled;
        set->polled_size *= 2;
    }
    return &set->polled[set->polled_count++];
}

static struct pollfd *place_of(struct socket_set *set, curl_socket_t socket) {
    for (size_t i = 1; i < set->polled_count; i++)
        if (set->polled[i].fd == socket)
            return &set->polled[i];
    return NULL;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *unused) {
    struct socket_set *set = context;
    (void)easy;
    (void)unused;
    struct pollfd *place = place_of(set, socket);
    if (what == CURL_POLL_REMOVE) {
        if (place)
            *place = (struct pollfd){.fd = -1};
        return 0;
    }
    if (!place) {
        place = free_place(set);
        if (!place)
            return -1;
        *place = (struct pollfd){.fd = socket};
    }
    bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    place->events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
    return 0;
}

bool socket_set_open(struct socket_set *set) {
    set->timer = NEVER;
    set->polled_size = FIRST_SIZE;
    set->polled_count = 1;
    set->polled = calloc(FIRST_SIZE, sizeof *set->polled);
    set->multi = curl_multi_init();
    return set->polled && set->multi &&
           curl_multi_setopt(set->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
           curl_multi_setopt(set->multi, CURLMOPT_SOCKETDATA, set) == CURLM_OK &&
           curl_multi_setopt(set->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
           curl_multi_setopt(set->multi, CURLMOPT_TIMERDATA, set) == CURLM_OK;
}

void socket_set_close(struct socket_set *set) {
    if (set->multi)
        curl_multi_cleanup(set->multi);
    free(set->polled);
    *set = (struct socket_set){.multi = NULL};
}

static bool act_on_sockets(struct socket_set *set) {
    int running;
    for (size_t i = 1; i < set->polled_count; i++) {
        struct pollfd polled = set->polled[i];
        if (polled.fd < 0 || !polled.revents)
            continue;
        set->polled[i].revents = 0;
        int events = ((polled.revents & POLLIN) ? CURL_CSELECT_IN : 0) |
                     ((polled.revents & POLLOUT) ? CURL_CSELECT_OUT : 0) |
                     ((polled.revents & (POLLERR | POLLHUP | POLLNVAL)) ? CURL_CSELECT_ERR : 0);
        if (curl_multi_socket_action(set->multi, polled.fd, events, &running) != CURLM_OK)
            return false;
    }
    return true;
}

bool socket_set_turn(struct socket_set *set, int alarm) {
    int64_t now = transfer_now();
    int64_t wait = set->timer <= now ? 0 : set->timer - now;
    int timeout = set->timer == NEVER ? -1 : wait > INT_MAX ? INT_MAX : (int)wait;
    set->polled[0] = (struct pollfd){.fd = alarm, .events = POLLIN};
    int count = poll(set->polled, (nfds_t)set->polled_count, timeout);
    if (count < 0)
        return errno == EINTR;
    if (set->polled[0].revents) {
        uint64_t ignored;
        ssize_t got = read(alarm, &ignored, sizeof ignored);
        (void)got;
    }
    if (!act_on_sockets(set))
        return false;
    int running;
    if (set->timer > transfer_now())
        return true;
    set->timer = NEVER;
    return curl_multi_socket_action(set->multi, CURL_SOCKET_TIMEOUT, 0, &running) == CURLM_OK;
}
