/* One HTTP transfer after another over the same libcurl handle. No Lua. */
#ifndef ROLLCALL_TRANSFER_H
#define ROLLCALL_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "workspace/http/loop.h"

/* What holds for every transfer of a handle. The strings need not outlive transfer_open; all but
 * the first may be NULL. */
struct transfer_settings {
    const char *base_url; /* scheme, host and port */
    const char *ca_file;
    const char *proxy;
    bool plain; /* http instead of https, and then no proxy but the one named here */
    long connect_timeout_milliseconds;
    size_t body_limit;
    bool fresh; /* over connections of its own: what a kept one loses, libcurl sends once more */
};

struct transfer_queue {
    struct transfer *first;
    struct transfer *last;
    struct watch *watch; /* hears of what lands here; NULL: nobody waits elsewhere */
};

enum transfer_state {
    TRANSFER_IDLE,
    TRANSFER_RUNNING,  /* the loop has it */
    TRANSFER_FINISHED, /* its queue has it */
};

struct transfer {
    CURL *easy;
    CURLU *url;                 /* scheme, host and port */
    struct transfer_loop *loop; /* whose reference it holds; NULL while it is closed */
    struct transfer_queue *finished;
    struct transfer *next;
    enum transfer_state state;
    bool too_large;      /* the body was larger than it may be */
    bool no_memory;      /* there was none for the body */
    bool looked_up;      /* a name had to be looked up */
    bool lookup_refused; /* and that was not begun */
    CURLcode result;
    size_t body_length;
    size_t body_size;
    size_t body_limit;
    char *body;
    char problem[CURL_ERROR_SIZE];
};

/* Makes a zeroed transfer ready for use in the loop; when it is over it lands in `finished`. False
 * if there is no memory or libcurl refuses a setting. It must not move in memory until it is
 * closed. */
bool transfer_open(struct transfer *transfer, struct transfer_loop *loop,
                   struct transfer_queue *finished, const struct transfer_settings *settings);

/* Ends the transfer and frees everything. May be called again. */
void transfer_close(struct transfer *transfer);

/* Begins a request of an idle transfer: a POST if there is a `body`, else a GET. `request_target`
 * is the path and what follows it. The headers must stay until the transfer is over; the body is
 * copied. */
bool transfer_start(struct transfer *transfer, const char *request_target,
                    struct curl_slist *headers, const char *body);

/* Ends a transfer that is running, which lands in its queue as one that took too long. */
void transfer_give_up(struct transfer *transfer);

/* What the loop calls: a running transfer that it has let go is over, and lands in its queue. */
void transfer_finish(void *context, CURLcode result);

/* The transfer that was over first, taken out of the queue and idle again, or NULL. */
struct transfer *transfer_take(struct transfer_queue *queue);

long transfer_status(const struct transfer *transfer);

/* A header of the answer, or NULL; valid until the next start. */
const char *transfer_header(const struct transfer *transfer, const char *name);

/* Gives back the memory of a large body. */
void transfer_trim(struct transfer *transfer);

#endif
