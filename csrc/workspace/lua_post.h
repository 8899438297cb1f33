/* One POST, in one call that waits for it. In all of it the POST stands at index 1 of the stack. */
#ifndef ROLLCALL_LUA_POST_H
#define ROLLCALL_LUA_POST_H

#include <lua.h>

#include "base/plain_text.h"
#include "workspace/auth/headers.h"
#include "workspace/credential_use.h"
#include "workspace/http/request.h"
#include "workspace/http_failure.h"
#include "workspace/lua_answer.h"
#include "workspace/lua_transfer_waiter.h"

enum { POST_ARGUMENTS = WAITER_ON_WAIT + 1, POST_DECODE, POST_USER_VALUES = POST_DECODE };

struct post_kind;

struct post {
    struct transfer_waiter base; /* the first member, so that one is found from the other */
    const struct post_kind *kind;
    struct request request;
    struct request_policy policy;
    struct secrets secrets;
    struct authorization authorization; /* of one that acts */
    struct credential_use credentials;
    credential_id tried; /* by the attempt under way; 0: there is none */
    const char *base_url;
    const char *path;
    const char *body;
    const char *action;            /* the IAM action it needs, or NULL */
    struct transfer_waiter *query; /* that it is for, or NULL; the arguments keep it */
};

struct post_kind {
    const char *stage;        /* of failures */
    const char *content_type; /* of the body */

    /* It changes something: it carries the credentials, and is sent once, since an answer that is
     * lost does not tell whether that was done. */
    bool acts;

    /* [-0, +n, e] Pushes what the answer gives, or raises the failure with post_fail. The answer's
     * object is at `object`, or nil; `problem` is what is wrong with an answer that came. */
    int (*push_results)(lua_State *L, struct post *post, int object, struct http_failure *failure,
                        const struct answer_problem *problem);
};

/* [-0, +n, e] Makes the POST that the table at 1 describes. */
int post_send(lua_State *L, const struct post_kind *kind);

/* Raises the failure. */
void post_fail(lua_State *L, struct post *post, const struct http_failure *failure);

/* [-0, +0, m] */
void post_register(lua_State *L);

#endif
