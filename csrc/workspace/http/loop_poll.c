#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"
#include "workspace/http/loop_system.h"
#include "workspace/http/multi_posix.h"

#define NEVER INT64_MAX
#define EVENTS_AT_ONCE 64

/* What the host's loop has to wait for, when thirty connections are made at once and each takes
 * half a millisecond of cryptography. The others' turn comes after it. */
#define TURN_MILLISECONDS 2

/* The sockets are waited for here rather than by curl_multi_perform, which would touch every
 * transfer at every turn; so a turn costs what happened in it. */
struct loop_system {
    CURLM *multi;
    struct poller poller; /* the sockets, and the timer while it is watched */
    int64_t timer;        /* when libcurl wants a turn */
    bool watched;
    int event_count; /* that have happened, of which */
    int acted_count; /* were acted on, the first of them */
    struct poller_event events[EVENTS_AT_ONCE];
};

/* Returns 0 or an errno. */
static int set_timer(struct loop_system *system) {
    int64_t rest = system->timer == NEVER ? -1 : system->timer - clock_now();
    return poller_set_timer(&system->poller, system->timer == NEVER ? -1 : rest > 0 ? rest : 0);
}

static int on_timer(CURLM *multi, long milliseconds, void *context) {
    struct loop_system *system = context;
    (void)multi;
    system->timer = milliseconds < 0 ? NEVER : clock_now() + milliseconds;
    return system->watched && set_timer(system) != 0 ? -1 : 0;
}

static void *owner_of(curl_socket_t socket) {
    return (void *)(intptr_t)socket; /* so that no place has to be kept for it */
}

/* What happened to a socket that is gone did not happen to the next of the same number. */
static void forget_events(struct loop_system *system, curl_socket_t socket) {
    for (int i = 0; i < system->event_count; i++)
        if (system->events[i].owner == owner_of(socket))
            system->events[i].events = 0;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *known) {
    struct loop_system *system = context;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        forget_events(system, socket);
        poller_set(&system->poller, socket, 0, NULL);
        return 0;
    }
    if (!known) { /* it may be one that libcurl made otherwise than by open_socket */
        fcntl(socket, F_SETFD, FD_CLOEXEC);
        curl_multi_assign(system->multi, socket, system);
    }
    unsigned events =
        (what != CURL_POLL_OUT ? POLLER_READ : 0U) | (what != CURL_POLL_IN ? POLLER_WRITE : 0U);
    return poller_set(&system->poller, socket, events, owner_of(socket)) == 0 ? 0 : -1;
}

int loop_system_new(struct loop_system **made) {
    struct loop_system *system = calloc(1, sizeof *system);
    if (!system)
        return ENOMEM;
    system->poller = (struct poller)POLLER_CLOSED;
    system->timer = NEVER;
    int error = poller_open(&system->poller);
    if (!error && (system->multi = multi_new(system->poller.descriptor)) != NULL &&
        curl_multi_setopt(system->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == 0 &&
        curl_multi_setopt(system->multi, CURLMOPT_SOCKETDATA, system) == 0 &&
        curl_multi_setopt(system->multi, CURLMOPT_TIMERFUNCTION, on_timer) == 0 &&
        curl_multi_setopt(system->multi, CURLMOPT_TIMERDATA, system) == 0) {
        *made = system;
        return 0;
    }
    loop_system_free(system);
    return error ? error : ENOMEM;
}

void loop_system_free(struct loop_system *system) {
    if (!system)
        return;
    curl_multi_cleanup(system->multi);
    poller_close(&system->poller);
    free(system);
}

CURLM *loop_system_multi(const struct loop_system *system) {
    return system->multi;
}

int loop_system_descriptor(const struct loop_system *system) {
    return system->poller.descriptor;
}

int loop_system_watched(struct loop_system *system, bool watched) {
    if (watched == system->watched)
        return 0;
    int error = watched ? set_timer(system) : poller_set_timer(&system->poller, -1);
    if (!error)
        system->watched = watched;
    return error;
}

enum transfer_loop_turn loop_system_wait(struct loop_system *system, int64_t milliseconds) {
    if (system->acted_count < system->event_count)
        return TURN_TAKEN;
    int64_t rest = system->timer == NEVER ? -1 : system->timer - clock_now();
    if (system->timer != NEVER && (milliseconds < 0 || rest < milliseconds))
        milliseconds = rest > 0 ? rest : 0;
    int count = poller_wait(&system->poller, system->events, EVENTS_AT_ONCE, milliseconds);
    system->event_count = count > 0 ? count : 0;
    system->acted_count = 0;
    if (count < 0)
        return errno == EINTR ? TURN_INTERRUPTED : TURN_IMPOSSIBLE;
    return TURN_TAKEN;
}

static bool act_on(struct loop_system *system, const struct poller_event *event) {
    int running;
    int events = ((event->events & POLLER_READ) ? CURL_CSELECT_IN : 0) |
                 ((event->events & POLLER_WRITE) ? CURL_CSELECT_OUT : 0) |
                 ((event->events & POLLER_ERROR) ? CURL_CSELECT_ERR : 0);
    curl_socket_t socket = (curl_socket_t)(intptr_t)event->owner;
    return !events || curl_multi_socket_action(system->multi, socket, events, &running) == CURLM_OK;
}

bool loop_system_act(struct loop_system *system) {
    int running;
    bool acted = true;
    int64_t now = clock_now(), end = now + TURN_MILLISECONDS;
    while (acted && system->acted_count < system->event_count && now < end) {
        struct poller_event event = system->events[system->acted_count];
        system->events[system->acted_count++].events = 0;
        acted = act_on(system, &event);
        now = clock_now();
    }
    if (!acted || system->timer > now)
        return acted;
    system->timer = NEVER;
    return curl_multi_socket_action(system->multi, CURL_SOCKET_TIMEOUT, 0, &running) == CURLM_OK;
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

void loop_system_quietly(void (*work)(void *with), void *with) {
    sigset_t sigpipe, before;
    sigemptyset(&sigpipe);
    sigaddset(&sigpipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe, &before);
    work(with);
    restore_sigpipe(&before);
}

static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool loop_system_keep_sockets(CURL *easy) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK;
}
