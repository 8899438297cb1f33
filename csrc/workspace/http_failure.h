/* What went wrong with an HTTP transfer, in codes and words. No Lua. */
#ifndef ROLLCALL_HTTP_FAILURE_H
#define ROLLCALL_HTTP_FAILURE_H

#include <stdbool.h>

#include "base/plain_text.h"
#include "workspace/http/transfer.h"

/* The code of what was not tried, since the same credentials have been refused. */
#define CREDENTIALS_REFUSED "CREDENTIALS_REFUSED"

/* Empty texts are not known. */
struct http_failure {
    const char *stage; /* what was being done; a string constant */
    long status;       /* 0 if no answer came */
    char code[96];
    char message[512];
    char request_id[128];
};

/* Fills in all that is known without the body: of a transfer that failed, libcurl's name and
 * words for it; of an answer, the status and the request's id. */
void http_failure_describe(struct http_failure *failure, const char *stage,
                           const struct transfer *transfer, const struct secrets *secrets);

/* Replaces code and message. */
void http_failure_set(struct http_failure *failure, const char *code, const char *message);

/* Whether it is the credentials that were refused, now or before, and not what they are to do. */
bool http_failure_is_refusal(const struct http_failure *failure);

/* Where something is not permitted, adds the IAM action that the request needs. */
void http_failure_name_action(struct http_failure *failure, const char *action);

#endif
