#define _GNU_SOURCE

#include "transfer_loop.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "socket_set.h"
#include "transfer.h"

/* What stands before the mutex belongs to the thread, once there is one; what stands after it to
 * whoever holds it. The order of a transfer's life: `ordered`, in the thread's hands, in its own
 * queue of those that are over. */
struct transfer_loop {
    struct socket_set sockets;
    pthread_mutex_t mutex;
    struct transfer_queue ordered;
    struct transfer *unwanted; /* to be taken back; somebody waits for that */
    pthread_cond_t taken_back;
    long kept_connections;
    bool sleeping; /* the thread waits, and wants to be woken */
    bool waiting;  /* the caller does */
    bool ending;
    bool broken;
    /* the caller's own */
    int wake_thread;
    int wake_caller;
    unsigned references;
    bool has_mutex;
    bool has_thread;
    pthread_t thread;
    pid_t process;
    struct transfer_loop *next_running;
};

/* The loops that have a thread, for the end of the process. */
static struct transfer_loop *running_loops;
static pthread_mutex_t running_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t exit_guarded = PTHREAD_ONCE_INIT;

int64_t transfer_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wake(int descriptor) {
    uint64_t one = 1;
    while (write(descriptor, &one, sizeof one) < 0 && errno == EINTR)
        continue;
}

static void drain(int descriptor) {
    uint64_t count;
    while (read(descriptor, &count, sizeof count) < 0 && errno == EINTR)
        continue;
}

static void append(struct transfer_queue *queue, struct transfer *transfer) {
    transfer->next = NULL;
    if (queue->last)
        queue->last->next = transfer;
    else
        queue->first = transfer;
    queue->last = transfer;
}

static struct transfer *take_first(struct transfer_queue *queue) {
    struct transfer *transfer = queue->first;
    if (transfer) {
        queue->first = transfer->next;
        if (!queue->first)
            queue->last = NULL;
    }
    return transfer;
}

static bool take_out(struct transfer_queue *queue, const struct transfer *transfer) {
    struct transfer *before = NULL;
    for (struct transfer *each = queue->first; each; before = each, each = each->next) {
        if (each != transfer)
            continue;
        if (before)
            before->next = each->next;
        else
            queue->first = each->next;
        if (queue->last == each)
            queue->last = before;
        return true;
    }
    return false;
}

/* With the mutex held. */
static void put_with_finished(struct transfer *transfer, CURLcode result) {
    transfer->result = result;
    transfer->running = false;
    append(transfer->finished, transfer);
}

/* With the mutex held: does what the caller has asked for. False at the end. */
static bool follow_orders(struct transfer_loop *loop) {
    CURLM *multi = loop->sockets.multi;
    struct transfer *transfer;
    if (loop->kept_connections) {
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, loop->kept_connections);
        loop->kept_connections = 0;
    }
    while ((transfer = take_first(&loop->ordered)) != NULL)
        if (curl_multi_add_handle(multi, transfer->easy) != CURLM_OK)
            put_with_finished(transfer, CURLE_OUT_OF_MEMORY);
    if (loop->unwanted) {
        if (loop->unwanted->running)
            curl_multi_remove_handle(multi, loop->unwanted->easy);
        loop->unwanted = NULL;
        pthread_cond_signal(&loop->taken_back);
    }
    return !loop->ending;
}

/* With the mutex held. Returns whether any was over. */
static bool collect_finished(struct transfer_loop *loop) {
    int left;
    CURLMsg *message;
    bool any = false;
    while ((message = curl_multi_info_read(loop->sockets.multi, &left)) != NULL) {
        struct transfer *transfer = NULL;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result; /* gone with the handle */
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer) != CURLE_OK || !transfer)
            continue;
        curl_multi_remove_handle(loop->sockets.multi, easy);
        put_with_finished(transfer, result);
        any = true;
    }
    return any;
}

static void *run_thread(void *context) {
    struct transfer_loop *loop = context;
    pthread_mutex_lock(&loop->mutex);
    while (follow_orders(loop)) {
        loop->sleeping = true;
        pthread_mutex_unlock(&loop->mutex);
        bool acted = socket_set_turn(&loop->sockets, loop->wake_thread);
        pthread_mutex_lock(&loop->mutex);
        loop->sleeping = false;
        loop->broken = loop->broken || !acted;
        if ((collect_finished(loop) || loop->broken) && loop->waiting) {
            loop->waiting = false;
            wake(loop->wake_caller);
        }
    }
    pthread_mutex_unlock(&loop->mutex);
    /* Here, where the SIGPIPE of a farewell to a server that is gone is blocked. */
    socket_set_close(&loop->sockets);
    return NULL;
}

/* Ends the thread, if there is one, with all that it has. */
static void end_thread(struct transfer_loop *loop) {
    if (!loop->has_thread)
        return;
    pthread_mutex_lock(&loop->mutex);
    loop->ending = true;
    pthread_mutex_unlock(&loop->mutex);
    wake(loop->wake_thread);
    pthread_join(loop->thread, NULL);
    loop->has_thread = false;
}

/* A thread must not be in the middle of a transfer while exit takes libcrypto down. */
static void end_all_threads(void) {
    pthread_mutex_lock(&running_mutex);
    for (struct transfer_loop *loop = running_loops; loop; loop = loop->next_running)
        if (loop->process == getpid())
            end_thread(loop);
    pthread_mutex_unlock(&running_mutex);
}

static void guard_exit(void) {
    atexit(end_all_threads);
}

static void list_as_running(struct transfer_loop *loop) {
    pthread_once(&exit_guarded, guard_exit);
    pthread_mutex_lock(&running_mutex);
    loop->next_running = running_loops;
    running_loops = loop;
    pthread_mutex_unlock(&running_mutex);
}

static void unlist(const struct transfer_loop *loop) {
    pthread_mutex_lock(&running_mutex);
    struct transfer_loop **place = &running_loops;
    while (*place && *place != loop)
        place = &(*place)->next_running;
    if (*place)
        *place = loop->next_running;
    pthread_mutex_unlock(&running_mutex);
}

static bool start_thread(struct transfer_loop *loop) {
    sigset_t all, before;
    if (loop->has_thread || loop->ending)
        return !loop->ending && transfer_loop_is_here(loop);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    loop->has_thread = pthread_create(&loop->thread, NULL, run_thread, loop) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    loop->process = getpid();
    if (loop->has_thread)
        list_as_running(loop);
    return loop->has_thread;
}

struct transfer_loop *transfer_loop_new(void) {
    struct transfer_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->references = 1;
    loop->wake_thread = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->wake_caller = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->has_mutex = pthread_mutex_init(&loop->mutex, NULL) == 0;
    if (!loop->has_mutex || pthread_cond_init(&loop->taken_back, NULL) != 0 ||
        loop->wake_thread < 0 || loop->wake_caller < 0 || !socket_set_open(&loop->sockets)) {
        transfer_loop_release(loop);
        return NULL;
    }
    return loop;
}

bool transfer_loop_is_here(const struct transfer_loop *loop) {
    return !loop->has_thread || loop->process == getpid();
}

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop) {
    loop->references++;
    return loop;
}

void transfer_loop_release(struct transfer_loop *loop) {
    if (!loop || --loop->references > 0)
        return;
    /* The child of a fork has no thread to end, and must not touch what the thread had. */
    if (!transfer_loop_is_here(loop))
        return;
    end_thread(loop);
    unlist(loop);
    socket_set_close(&loop->sockets);
    if (loop->wake_thread >= 0)
        close(loop->wake_thread);
    if (loop->wake_caller >= 0)
        close(loop->wake_caller);
    if (loop->has_mutex) {
        pthread_mutex_destroy(&loop->mutex);
        pthread_cond_destroy(&loop->taken_back);
    }
    free(loop);
}

void transfer_loop_keep(struct transfer_loop *loop, long connections) {
    pthread_mutex_lock(&loop->mutex);
    loop->kept_connections = connections;
    pthread_mutex_unlock(&loop->mutex);
}

bool transfer_loop_add(struct transfer_loop *loop, struct transfer *transfer) {
    if (!start_thread(loop))
        return false;
    pthread_mutex_lock(&loop->mutex);
    bool sleeping = loop->sleeping;
    loop->sleeping = false;
    transfer->running = true;
    append(&loop->ordered, transfer);
    pthread_mutex_unlock(&loop->mutex);
    if (sleeping)
        wake(loop->wake_thread);
    return true;
}

bool transfer_loop_remove(struct transfer_loop *loop, struct transfer *transfer) {
    if (!transfer_loop_is_here(loop))
        return false;
    pthread_mutex_lock(&loop->mutex);
    if (transfer->running && !take_out(&loop->ordered, transfer)) {
        loop->unwanted = transfer;
        wake(loop->wake_thread);
        while (loop->unwanted)
            pthread_cond_wait(&loop->taken_back, &loop->mutex);
    }
    bool removed = transfer->running;
    transfer->running = false;
    pthread_mutex_unlock(&loop->mutex);
    return removed;
}

void transfer_loop_push(struct transfer_loop *loop, struct transfer_queue *queue,
                        struct transfer *transfer) {
    pthread_mutex_lock(&loop->mutex);
    append(queue, transfer);
    pthread_mutex_unlock(&loop->mutex);
}

struct transfer *transfer_loop_pop(struct transfer_loop *loop, struct transfer_queue *queue) {
    pthread_mutex_lock(&loop->mutex);
    struct transfer *transfer = take_first(queue);
    pthread_mutex_unlock(&loop->mutex);
    return transfer;
}

enum transfer_loop_turn transfer_loop_wait(struct transfer_loop *loop,
                                           const struct transfer_queue *queue, int64_t until) {
    if (!transfer_loop_is_here(loop))
        return TURN_IMPOSSIBLE;
    pthread_mutex_lock(&loop->mutex);
    bool broken = loop->broken;
    bool ready = broken || queue->first;
    loop->waiting = !ready;
    pthread_mutex_unlock(&loop->mutex);
    if (ready)
        return broken ? TURN_IMPOSSIBLE : TURN_TAKEN;
    int64_t now = transfer_now();
    int64_t left = until <= now ? 0 : until - now;
    struct pollfd polled = {.fd = loop->wake_caller, .events = POLLIN};
    int count = poll(&polled, 1, left > INT_MAX ? INT_MAX : (int)left);
    int error = errno;
    if (count > 0)
        drain(loop->wake_caller);
    if (count >= 0)
        return TURN_TAKEN;
    return error == EINTR ? TURN_INTERRUPTED : TURN_IMPOSSIBLE;
}
