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

struct request {
    struct transfer transfer; /* the first member, so that one is found from the other */
    unsigned attempts;
    int64_t due; /* when the next attempt begins, or, if one is running, that is given up */
    int64_t deadline;
    struct curl_slist *headers;
};

/* A new request, whose first attempt is due at `due`. */
void request_begin(struct request *request, const struct request_policy *policy, int64_t now,
                   int64_t due);

/* The attempt that is due is put off, through no fault of the service: until the first, the time
 * for the request has not begun. */
void request_put_off(struct request *request, const struct request_policy *policy, int64_t now,
                     int64_t due);

/* How long an attempt may take that begins now. */
int64_t request_time(const struct request *request, const struct request_policy *policy,
                     int64_t now);

/* Begins an attempt with these headers, which it takes over. False if there is no memory. */
bool request_attempt(struct request *request, const struct request_policy *policy, int64_t now,
                     const char *request_target, struct curl_slist *headers, const char *body);

/* Whether the next attempt is due. One that is running and whose time is over is given up: it lands
 * in the transfer's queue. */
bool request_is_due(struct request *request, int64_t now);

/* Whether another attempt may help and is allowed; if so it is due. */
bool request_again(struct request *request, const struct request_policy *policy, int64_t now);

/* Frees everything, and wipes the headers. May be called again. */
void request_close(struct request *request);

#endif
