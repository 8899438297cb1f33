#define _GNU_SOURCE

#include "workspace/http/loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "workspace/http/transfer.h"

#define NEVER INT64_MAX

/* The sockets are polled here rather than by curl_multi_perform, which would touch every
 * transfer at every turn; so a turn costs what happened in it. */
struct transfer_loop {
    CURLM *multi;
    struct pollfd *polled; /* a free place has a descriptor of -1 */
    size_t polled_count;
    size_t polled_size;
    int64_t timer; /* when libcurl wants a turn */
    unsigned references;
};

static int on_timer(CURLM *multi, long milliseconds, void *context) {
    struct transfer_loop *loop = context;
    (void)multi;
    loop->timer = milliseconds < 0 ? NEVER : clock_now() + milliseconds;
    return 0;
}

/* A free place in the polled sockets, or NULL if there is no memory. */
static struct pollfd *free_place(struct transfer_loop *loop) {
    for (size_t i = 0; i < loop->polled_count; i++)
        if (loop->polled[i].fd < 0)
            return &loop->polled[i];
    if (loop->polled_count == loop->polled_size) {
        size_t size = loop->polled_size ? 2 * loop->polled_size : 64;
        struct pollfd *polled = realloc(loop->polled, size * sizeof *polled);
        if (!polled)
            return NULL;
        loop->polled = polled;
        loop->polled_size = size;
    }
    struct pollfd *place = &loop->polled[loop->polled_count++];
    *place = (struct pollfd){.fd = -1};
    return place;
}

static struct pollfd *place_of(struct transfer_loop *loop, curl_socket_t socket) {
    for (size_t i = 0; i < loop->polled_count; i++)
        if (loop->polled[i].fd == socket)
            return &loop->polled[i];
    return NULL;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *unused) {
    struct transfer_loop *loop = context;
    (void)easy;
    (void)unused;
    struct pollfd *place = place_of(loop, socket);
    if (what == CURL_POLL_REMOVE) {
        if (place)
            *place = (struct pollfd){.fd = -1};
        return 0;
    }
    if (!place && !(place = free_place(loop)))
        return -1;
    bool in = what == CURL_POLL_IN || what == CURL_POLL_INOUT;
    bool out = what == CURL_POLL_OUT || what == CURL_POLL_INOUT;
    if (place->fd != socket)
        place->revents = 0;
    place->fd = socket;
    place->events = (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0));
    return 0;
}

static bool set_up(struct transfer_loop *loop) {
    loop->multi = curl_multi_init();
    return loop->multi && curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == 0 &&
           curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop) == 0 &&
           curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer) == 0 &&
           curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop) == 0;
}

struct transfer_loop *transfer_loop_new(void) {
    struct transfer_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->references = 1;
    loop->timer = NEVER;
    if (!set_up(loop)) {
        transfer_loop_release(loop);
        return NULL;
    }
    return loop;
}

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop) {
    loop->references++;
    return loop;
}

void transfer_loop_keep(struct transfer_loop *loop, long connections) {
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
}

/* Writing to a connection that the server has closed must not end the host program. */
static void ignore_sigpipe(sigset_t *before) {
    sigset_t sigpipe;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, before);
}

/* The signal that came meanwhile, if one came, is taken away before it can be delivered. */
static void restore_sigpipe(const sigset_t *before) {
    sigset_t sigpipe;
    if (sigismember(before, SIGPIPE))
        return;
    if (sigpending(&sigpipe) == 0 && sigismember(&sigpipe, SIGPIPE)) {
        sigemptyset(&sigpipe);
        sigaddset(&sigpipe, SIGPIPE);
        sigtimedwait(&sigpipe, NULL, &(struct timespec){0});
    }
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

void transfer_loop_release(struct transfer_loop *loop) {
    if (!loop || --loop->references > 0)
        return;
    sigset_t before;
    ignore_sigpipe(&before);
    curl_multi_cleanup(loop->multi);
    restore_sigpipe(&before);
    free(loop->polled);
    free(loop);
}

bool transfer_loop_add(struct transfer_loop *loop, struct transfer *transfer) {
    return curl_multi_add_handle(loop->multi, transfer->easy) == CURLM_OK;
}

void transfer_loop_remove(struct transfer_loop *loop, struct transfer *transfer) {
    sigset_t before;
    ignore_sigpipe(&before);
    curl_multi_remove_handle(loop->multi, transfer->easy);
    restore_sigpipe(&before);
}

static void collect_finished(struct transfer_loop *loop) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result; /* gone with the handle */
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer) != CURLE_OK || !transfer)
            continue;
        curl_multi_remove_handle(loop->multi, easy);
        transfer_finish(transfer, result);
    }
}

static bool act_on_sockets(struct transfer_loop *loop) {
    int running;
    for (size_t i = 0; i < loop->polled_count; i++) {
        struct pollfd polled = loop->polled[i];
        if (polled.fd < 0 || !polled.revents)
            continue;
        loop->polled[i].revents = 0;
        int events = ((polled.revents & POLLIN) ? CURL_CSELECT_IN : 0) |
                     ((polled.revents & POLLOUT) ? CURL_CSELECT_OUT : 0) |
                     ((polled.revents & (POLLERR | POLLHUP | POLLNVAL)) ? CURL_CSELECT_ERR : 0);
        if (curl_multi_socket_action(loop->multi, polled.fd, events, &running) != CURLM_OK)
            return false;
    }
    return true;
}

static bool act(struct transfer_loop *loop, int64_t now) {
    int running;
    bool acted = act_on_sockets(loop);
    if (acted && loop->timer <= now) {
        loop->timer = NEVER;
        acted = curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running) == CURLM_OK;
    }
    collect_finished(loop);
    return acted;
}

const struct pollfd *transfer_loop_polled(const struct transfer_loop *loop, int64_t until,
                                          size_t *count, int64_t *milliseconds) {
    int64_t now = clock_now();
    int64_t wake = loop->timer < until ? loop->timer : until;
    *count = loop->polled_count;
    *milliseconds = wake == NEVER ? -1 : wake <= now ? 0 : wake - now;
    return loop->polled;
}

enum transfer_loop_turn transfer_loop_run(struct transfer_loop *loop, int64_t until) {
    size_t sockets;
    int64_t wait;
    transfer_loop_polled(loop, until, &sockets, &wait);
    int count = poll(loop->polled, (nfds_t)sockets, wait > INT_MAX ? INT_MAX : (int)wait);
    if (count < 0)
        return errno == EINTR ? TURN_INTERRUPTED : TURN_IMPOSSIBLE;
    sigset_t before;
    ignore_sigpipe(&before);
    bool acted = act(loop, clock_now());
    restore_sigpipe(&before);
    return acted ? TURN_TAKEN : TURN_IMPOSSIBLE;
}
