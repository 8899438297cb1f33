#include "workspace/http/loop.h"

#include <errno.h>
#include <stdlib.h>

#include "workspace/http/loop_system.h"

struct transfer_loop {
    struct loop_system *system;
    CURLM *multi;
    transfer_loop_finished *finished;
    unsigned references;
    struct watches watches;
    const struct watch *turn_of; /* who is taking a turn */
};

int transfer_loop_new(struct transfer_loop **made, transfer_loop_finished *finished) {
    struct transfer_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return ENOMEM;
    loop->references = 1;
    loop->finished = finished;
    int error = loop_system_new(&loop->system);
    if (error) {
        free(loop);
        return error;
    }
    loop->multi = loop_system_multi(loop->system);
    loop->watches.descriptor = loop_system_descriptor(loop->system);
    *made = loop;
    return 0;
}

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop) {
    loop->references++;
    return loop;
}

static void free_system(void *system) {
    loop_system_free(system);
}

void transfer_loop_release(struct transfer_loop *loop) {
    if (!loop || --loop->references > 0)
        return;
    loop_system_quietly(free_system, loop->system);
    free(loop);
}

void transfer_loop_keep(struct transfer_loop *loop, long connections) {
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
}

bool transfer_loop_add(struct transfer_loop *loop, CURL *easy) {
    return curl_multi_add_handle(loop->multi, easy) == CURLM_OK;
}

struct removal {
    CURLM *multi;
    CURL *easy;
};

static void remove_handle(void *with) {
    const struct removal *removal = with;
    curl_multi_remove_handle(removal->multi, removal->easy);
}

void transfer_loop_remove(struct transfer_loop *loop, CURL *easy) {
    loop_system_quietly(remove_handle, &(struct removal){loop->multi, easy});
}

int transfer_loop_open_watch(struct transfer_loop *loop, struct watch *watch) {
    int error = watch_open(watch, &loop->watches);
    if (!error)
        error = loop_system_watched(loop->system, loop->watches.count > 0);
    if (error)
        watch_close(watch, &loop->watches);
    return error;
}

void transfer_loop_close_watch(struct transfer_loop *loop, struct watch *watch) {
    watch_close(watch, &loop->watches);
    loop_system_watched(loop->system, loop->watches.count > 0);
}

void transfer_loop_begin_wait(struct transfer_loop *loop, struct watch *watch) {
    watch_begin_wait(watch, &loop->watches);
}

void transfer_loop_leave(struct transfer_loop *loop, struct watch *watch) {
    watch_leave(watch, &loop->watches);
}

void transfer_loop_wake(const struct transfer_loop *loop, struct watch *watch) {
    if (watch && watch != loop->turn_of)
        watch_wake(watch);
}

static void collect_finished(struct transfer_loop *loop) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        void *transfer = NULL;
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result; /* gone with the handle */
        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer) != CURLE_OK || !transfer)
            continue;
        curl_multi_remove_handle(loop->multi, easy);
        loop->finished(transfer, result);
    }
}

struct work {
    struct transfer_loop *loop;
    bool acted;
};

static void act(void *with) {
    struct work *work = with;
    work->acted = loop_system_act(work->loop->system);
    collect_finished(work->loop);
}

enum transfer_loop_turn transfer_loop_run(struct transfer_loop *loop, struct watch *watch,
                                          int64_t milliseconds) {
    if (watch)
        watch_take_turn(watch, &loop->watches);
    enum transfer_loop_turn turn = loop_system_wait(loop->system, milliseconds);
    if (turn == TURN_IMPOSSIBLE)
        return turn;
    struct work work = {.loop = loop};
    loop->turn_of = watch;
    loop_system_quietly(act, &work);
    loop->turn_of = NULL;
    return work.acted ? turn : TURN_IMPOSSIBLE;
}
