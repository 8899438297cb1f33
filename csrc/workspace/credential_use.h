/* A credential that requests to the service or to IAM carry, and its turn among all that carry it.
 * No Lua. */
#ifndef ROLLCALL_CREDENTIAL_USE_H
#define ROLLCALL_CREDENTIAL_USE_H

#include "base/credential_ledger.h"
#include "workspace/http_failure.h"

struct credential_use {
    struct credential_ledger *ledger;
    credential_id credential;
    struct credential_policy policy;
    const char *name; /* of the client that uses it, for the messages of others */
    bool replaceable; /* another is got in its place, so that a refusal is not noted */
};

/* NULL without memory. */
struct credential_ledger *credential_use_ledger_new(void);

/* Before a request begins, which is given up after `timeout` milliseconds. Sets `tried` where it
 * may; of a refusal `failure` says whom it came to. */
enum credential_verdict credential_use_begin(const struct credential_use *use, int64_t timeout,
                                             credential_id *tried, struct http_failure *failure);

/* The answer shows that the credentials are good. */
void credential_use_accept(const struct credential_use *use, credential_id tried);

/* Notes the failure, if it is that the credentials were refused. */
void credential_use_fail(const struct credential_use *use, credential_id tried,
                         const struct http_failure *failure);

/* A request that had begun is over; may be called again. What was tried may be another by now. */
void credential_use_end(const struct credential_use *use, credential_id *tried);

/* How many requests may be under way. */
size_t credential_use_allowed(const struct credential_use *use);

/* For how many milliseconds whose request has shown nothing of the credentials leaves the place to
 * others, who ask for it now and then. */
int64_t credential_use_pause(const struct credential_use *use);

#endif
