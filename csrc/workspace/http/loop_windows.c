/* Many HTTP transfers at once, with libcurl's own waiting: Windows has more kinds of it than one,
 * and their faults are libcurl's to know. */
#include "workspace/http/loop.h"

#include <stdlib.h>
#include <windows.h>

#include "base/clock.h"
#include "workspace/http/transfer.h"

/* Nothing wakes a thread that waits here when Ctrl-C is pressed, so the caller gets a look so
 * often. */
#define LONGEST_WAIT_MILLISECONDS 250

/* And an on_wait, which cannot be told what to wait for, comes back so soon. */
#define LOOK_MILLISECONDS 20

struct transfer_loop {
    CURLM *multi;
    unsigned references;
};

struct transfer_loop *transfer_loop_new(void) {
    struct transfer_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->references = 1;
    loop->multi = curl_multi_init();
    if (!loop->multi) {
        free(loop);
        return NULL;
    }
    return loop;
}

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop) {
    loop->references++;
    return loop;
}

void transfer_loop_release(struct transfer_loop *loop) {
    if (!loop || --loop->references > 0)
        return;
    curl_multi_cleanup(loop->multi);
    free(loop);
}

void transfer_loop_keep(struct transfer_loop *loop, long connections) {
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
}

bool transfer_loop_add(struct transfer_loop *loop, struct transfer *transfer) {
    return curl_multi_add_handle(loop->multi, transfer->easy) == CURLM_OK;
}

void transfer_loop_remove(struct transfer_loop *loop, struct transfer *transfer) {
    curl_multi_remove_handle(loop->multi, transfer->easy);
}

/* Returns whether one was over. */
static bool collect_finished(struct transfer_loop *loop) {
    int left;
    bool collected = false;
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
        collected = true;
    }
    return collected;
}

const struct pollfd *transfer_loop_polled(const struct transfer_loop *loop, int64_t until,
                                          size_t *count, int64_t *milliseconds) {
    int64_t rest = until - clock_now();
    (void)loop;
    *count = 0;
    *milliseconds = rest <= 0 ? 0 : rest < LOOK_MILLISECONDS ? rest : LOOK_MILLISECONDS;
    return NULL;
}

enum transfer_loop_turn transfer_loop_run(struct transfer_loop *loop, int64_t until) {
    int running, count;
    if (curl_multi_perform(loop->multi, &running) != CURLM_OK)
        return TURN_IMPOSSIBLE;
    if (collect_finished(loop))
        return TURN_TAKEN;
    int64_t rest = until - clock_now();
    bool looks = rest > LONGEST_WAIT_MILLISECONDS;
    int wait = rest <= 0 ? 0 : looks ? LONGEST_WAIT_MILLISECONDS : (int)rest;
    if (curl_multi_poll(loop->multi, NULL, 0, wait, &count) != CURLM_OK ||
        curl_multi_perform(loop->multi, &running) != CURLM_OK)
        return TURN_IMPOSSIBLE;
    bool collected = collect_finished(loop);
    return looks && count == 0 && !collected ? TURN_INTERRUPTED : TURN_TAKEN;
}
