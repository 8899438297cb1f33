/* A query under way, as the files see it that do its work: session_query.c is its Lua face,
 * session_slot.c begins requests, session_outcome.c deals with what comes of them. In all of them
 * the query stands at index 1 of the stack. */
#ifndef ROLLCALL_LUA_SESSION_STATE_H
#define ROLLCALL_LUA_SESSION_STATE_H

#include <lua.h>
#include <time.h>

#include "workspace/auth/headers.h"
#include "workspace/http/request.h"
#include "workspace/plain_text.h"

/* TARGETS has for each slot the user name, or false, and the query string. */
enum {
    ARGUMENTS = 1,
    NEXT_TARGET,
    DECODE,
    FIELDS,
    ON_WAIT,
    TARGETS,
    TOKEN,
    ROWS,
    USER_NAME,
    USER_VALUES = USER_NAME
};

struct slot {
    struct request request; /* the first member, so that one is found from the other */
    bool active;            /* there is a target in TARGETS */
    unsigned generation;    /* of the token it was last sent with */
};

struct session_query {
    struct transfer_loop *loop;
    struct transfer_settings settings;
    struct request_policy policy;
    struct secrets secrets;
    struct authorization authorization;
    const char *base_url;
    const char *path;
    const char *list_name;
    const char *action; /* the IAM action it needs */
    struct transfer_queue finished;
    lua_Integer row; /* the one of ROWS that was given last */
    bool has_rows;
    bool closed;
    bool calling_back; /* inside a function of the caller's */
    bool out_of_targets;
    bool tells_answers; /* there is an on_answer */
    bool waits_outside; /* in on_wait */
    bool can_renew;     /* there is a function for a new token */
    bool renewed;       /* since a request was last accepted */
    bool proven;        /* the credentials were accepted */
    bool unanswered;    /* the first request ended without telling whether they are */
    unsigned generation;
    time_t token_until;
    int64_t away;       /* milliseconds spent in the caller's code, which count for nobody */
    int64_t left_at;    /* when the loop body began, or on_wait was called */
    int64_t not_before; /* the service is throttling until then */
    size_t active;
    size_t slot_count;
    struct slot slots[];
};

/* Milliseconds of a clock that stands still while the caller's code runs. */
int64_t session_query_now(const struct session_query *query);

/* Ends all requests and frees what they hold. May be called again. */
void session_query_end(struct session_query *query);

/* [-(1 + arguments), +results, e] Calls a function of the caller's, which may close the query but
 * not step it. */
void session_query_call_back(lua_State *L, struct session_query *query, int arguments, int results);

/* [-0, +1, e] Pushes an argument of the query; false if it is nil. */
bool session_query_push_argument(lua_State *L, const char *name);

/* [-0, +0, e] Begins and gives up what is due, and returns when the next of this comes. */
int64_t session_slot_tend(lua_State *L, struct session_query *query);

/* The slot's place in TARGETS. */
lua_Integer session_slot_place(const struct session_query *query, const struct slot *slot);

/* [-0, +0, e] Puts the token that the caller's function gives in place; the one before was
 * `refused` or has run out. */
void session_slot_renew_token(lua_State *L, struct session_query *query, bool refused);

/* [-0, +0, e] Deals with a transfer that is over: its sessions become ROWS, or its failure is
 * reported or raised, or another attempt is due. */
void session_outcome_take(lua_State *L, struct session_query *query, struct slot *slot);

#endif
