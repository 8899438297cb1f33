/* What went wrong with an HTTP transfer, in codes and words. No Lua. */
#ifndef ROLLCALL_HTTP_FAILURE_H
#define ROLLCALL_HTTP_FAILURE_H

#include "../failure.h"
#include "plain_text.h"
#include "transfer.h"

/* Fills in all that is known without the body: of a transfer that failed, libcurl's name and
 * words for it; of an answer, the status and the request's id. */
void http_failure_describe(struct http_failure *failure, const char *stage,
                           const struct transfer *transfer, const struct secrets *secrets);

/* Replaces code and message. */
void http_failure_set(struct http_failure *failure, const char *code, const char *message);

#endif
