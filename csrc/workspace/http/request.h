/* A request with all its attempts: when one begins, when it is given up, whether another follows.
 * No Lua. Times are milliseconds of whatever clock the caller goes by. */
#ifndef ROLLCALL_REQUEST_H
#define ROLLCALL_REQUEST_H

#include <stdint.h>

#include "workspace/http/transfer.h"

struct request_policy {
    int64_t timeout;  /* of one attempt */
    int64_t deadline; /* of all attempts and the pauses between them */
    unsigned retries;
};

enum request_state { REQUEST_IDLE, REQUEST_DUE, REQUEST_RUNNING, REQUEST_OVER };

struct request {
    struct transfer transfer; /* the first member, so that one is found from the other */
    enum request_state state;
    unsigned attempts;
    int64_t due; /* when the next attempt begins, or the running one is given up */
    int64_t deadline;
    struct curl_slist *headers;
};

/* A new request, whose first attempt is due at `due`. */
void request_begin(struct request *request, const struct request_policy *policy, int64_t now,
                   int64_t due);

/* Begins an attempt with these headers, which it takes over. False if there is no memory. */
bool request_attempt(struct request *request, const struct request_policy *policy, int64_t now,
                     const char *target, struct curl_slist *headers, const char *body);

/* Gives up an attempt whose time is over; it lands in the transfer's queue. */
void request_give_up(struct request *request);

/* The request that a transfer taken out of its queue belongs to, now REQUEST_OVER. */
struct request *request_of(struct transfer *transfer);

/* Whether another attempt may help and is allowed; if so it is due. */
bool request_again(struct request *request, const struct request_policy *policy, int64_t now);

/* Frees everything, and wipes the headers. May be called again. */
void request_close(struct request *request);

#endif
