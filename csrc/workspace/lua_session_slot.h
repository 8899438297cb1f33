/* A query's requests, as they begin: which user each is about, when its attempts begin and end, and
 * with which token. In all of it the query stands at index 1 of the stack. */
#ifndef ROLLCALL_LUA_SESSION_SLOT_H
#define ROLLCALL_LUA_SESSION_SLOT_H

#include <lua.h>
#include <time.h>

#include "base/plain_text.h"
#include "workspace/auth/headers.h"
#include "workspace/credential_use.h"
#include "workspace/http/request.h"
#include "workspace/lua_transfer_waiter.h"

/* USERS has for each slot the user name, or false, and the query string. */
enum {
    ARGUMENTS = WAITER_ON_WAIT + 1,
    DECODE,
    FIELDS,
    USERS,
    TOKEN,
    ROWS,
    USER_NAME,
    USER_VALUES = USER_NAME
};

struct query_slot {
    struct request request; /* the first member, so that one is found from the other */
    bool active;            /* there is a user in USERS */
    credential_id tried;    /* by the attempt under way; 0: there is none */
    unsigned generation;    /* of the token it was last sent with */
};

/* Which function of the caller a query has called. */
enum query_call { CALLED_NEXT_REQUEST, CALLED_AUTHORIZE, CALLED_BACK };

struct session_query {
    struct transfer_waiter base; /* the first member, so that one is found from the other */
    struct transfer_settings settings;
    struct request_policy policy;
    struct secrets secrets;
    struct authorization authorization;
    struct credential_use credentials;
    const char *base_url;
    const char *path;
    const char *list_name;
    const char *action; /* the IAM action it needs */
    enum query_call called;
    lua_Integer row; /* the one of ROWS that was given last */
    bool has_rows;
    bool out_of_users;
    bool tells_answers; /* there is an on_answer */
    bool can_renew;     /* there is a function for a new token */
    bool token_refused;
    bool token_new; /* no request was sent with it */
    bool renewed;   /* since a request was last accepted */
    unsigned generation;
    time_t token_until;
    int64_t not_before; /* the service throttles, or others have their turn, until then */
    size_t active;
    size_t begun;     /* attempts, since it last waited */
    size_t next_slot; /* whose user the caller is asked for */
    size_t slot_count;
    struct query_slot slots[];
};

/* Milliseconds of a clock that stands still while the caller's code runs. */
int64_t session_query_now(const struct session_query *query);

/* [-0, +1, e] Pushes an argument of the query; false if it is nil. */
bool session_query_push_argument(lua_State *L, const char *name);

/* [-0, +1, -] Pushes the name of the slot's user, or nil. */
void session_slot_push_user(lua_State *L, const struct session_query *query,
                            const struct query_slot *slot);

/* [-0, +(0|n), e] Begins and gives up what is due, until all is done and the next of this comes, or
 * something must be asked of the caller: as a waiter's `advance`. */
int session_slot_tend(lua_State *L, struct session_query *query, struct waiter_wish *wish);

/* [-2, +0, e] The caller has given the next request or a token. */
void session_slot_take_results(lua_State *L, struct session_query *query);

/* [-0, +1, m] Pushes the slot's failure, and releases the slot. */
void session_slot_push_failure(lua_State *L, struct session_query *query, struct query_slot *slot,
                               const struct http_failure *failure);

/* [-1, +0, e] Ends the query with the failure on top of the stack. */
int session_slot_raise(lua_State *L, struct session_query *query);

/* The slot's user has been dealt with. */
void session_slot_release(struct session_query *query, struct query_slot *slot);

#endif
