/* The query of many users' sessions as an iterator: at most so many requests at once, their
 * retries, and the sessions as tables, in order of arrival. */
#include "session_query.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "argument.h"
#include "authorization.h"
#include "connections.h"
#include "http_failure.h"
#include "request.h"
#include "target.h"

#define METATABLE "rollcall.session_query"
#define CONCURRENCY_LIMIT 1024
/* The sixth refusal in a row locks an access key. So the first request goes alone; and until one
 * was accepted no more than this many are under way. */
#define UNPROVEN_CONCURRENCY 4
#define UNAUTHORIZED 401
#define FORBIDDEN 403
#define TOO_MANY_REQUESTS 429

/* TARGETS has for each slot the user name, or false, and the query string. */
enum {
    ARGUMENTS = 1,
    NEXT_TARGET,
    DECODE,
    FIELDS,
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
    bool can_renew; /* there is a function for a new token */
    bool renewed;   /* since a request was last accepted */
    bool proven;    /* the credentials were accepted */
    bool unanswered; /* the first request ended without telling whether they are */
    unsigned generation;
    time_t token_until;
    int64_t away;       /* milliseconds spent in the caller's code, which count for nobody */
    int64_t left_at;    /* when the loop body began */
    int64_t not_before; /* the service is throttling until then */
    size_t active;
    size_t slot_count;
    struct slot slots[];
};

static int64_t query_now(const struct session_query *query) {
    return transfer_now() - query->away;
}

static void close_query(struct session_query *query) {
    query->closed = true;
    query->has_rows = false;
    query->active = 0;
    query->finished = (struct transfer_queue){NULL, NULL};
    for (size_t i = 0; i < query->slot_count; i++) {
        query->slots[i].active = false;
        request_close(&query->slots[i].request);
    }
    transfer_loop_release(query->loop);
    query->loop = NULL;
}

static int session_query_close(lua_State *L) {
    close_query(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

/* [-(1 + arguments), +results, e] Calls a function of the caller's, which may close the query but
 * not step it. */
static void call_back(lua_State *L, struct session_query *query, int arguments, int results) {
    int64_t before = transfer_now();
    query->calling_back = true;
    int status = lua_pcall(L, arguments, results, 0);
    query->calling_back = false;
    query->away += transfer_now() - before;
    if (status != LUA_OK)
        lua_error(L);
}

/* [-0, +1, e] */
static bool push_argument(lua_State *L, const char *name) {
    lua_getiuservalue(L, 1, ARGUMENTS);
    bool is_there = lua_getfield(L, -1, name) != LUA_TNIL;
    lua_remove(L, -2);
    return is_there;
}

static lua_Integer place_of(const struct session_query *query, const struct slot *slot) {
    return 2 * (lua_Integer)(slot - query->slots) + 1;
}

/* [-0, +1, -] Pushes the name of the slot's user, or nil. */
static void push_user_name(lua_State *L, const struct session_query *query,
                           const struct slot *slot) {
    lua_getiuservalue(L, 1, TARGETS);
    lua_rawgeti(L, -1, place_of(query, slot));
    lua_remove(L, -2);
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
}

/* [-0, +0, -] */
static void release(struct session_query *query, struct slot *slot) {
    slot->active = false;
    slot->request.state = REQUEST_IDLE;
    transfer_trim(&slot->request.transfer);
    query->active--;
}

/* [-0, +0, e] Gives the slot's failure to on_error, or raises it. A refusal of the credentials is
 * raised in any case, since it is not about this user and no other would fare better. */
static void fail(lua_State *L, struct session_query *query, struct slot *slot,
                 const struct http_failure *failure) {
    push_user_name(L, query, slot);
    failure_push_http(L, failure, query->base_url);
    release(query, slot);
    query->unanswered = true;
    if (failure->status == UNAUTHORIZED || !push_argument(L, "on_error")) {
        if (failure->status != UNAUTHORIZED)
            lua_pop(L, 1);
        close_query(query);
        lua_error(L);
    }
    lua_insert(L, -2);
    call_back(L, query, 1, 0);
}

/* [-0, +0, e] Puts the token that the caller's function gives in place. */
static void renew_token(lua_State *L, struct session_query *query, bool refused) {
    push_argument(L, "authorize");
    if (refused)
        lua_getiuservalue(L, 1, TOKEN);
    else
        lua_pushnil(L);
    call_back(L, query, 1, 2);
    if (query->closed) {
        lua_pop(L, 2);
        return;
    }
    const char *token = luaL_checkstring(L, -2);
    lua_Integer until = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    lua_setiuservalue(L, 1, TOKEN);
    query->authorization.token = token;
    query->secrets.values[PLAIN_TEXT_SECRETS - 1] = token;
    query->token_until = (time_t)until;
    query->generation++;
    query->proven = false;
}

/* [-0, +0, e] Whether a request that was refused may be sent again with another token. */
static bool can_ask_again(lua_State *L, struct session_query *query, struct slot *slot) {
    if (!query->can_renew)
        return false;
    if (slot->generation == query->generation) {
        if (query->renewed)
            return false;
        renew_token(L, query, true);
        query->renewed = true;
    }
    slot->request.state = REQUEST_DUE;
    slot->request.due = query_now(query);
    return true;
}

/* [-0, +0, e] Makes what stands at `object` the answer to the slot's user. */
static bool take_rows(lua_State *L, struct session_query *query, struct slot *slot, int object,
                      struct http_failure *failure) {
    lua_Integer count;
    lua_getiuservalue(L, 1, FIELDS);
    lua_insert(L, object);
    if (!answer_push_rows(L, object + 1, query->list_name, object, &count, failure))
        return false;
    lua_setiuservalue(L, 1, ROWS);
    push_user_name(L, query, slot);
    lua_setiuservalue(L, 1, USER_NAME);
    query->row = 0;
    query->has_rows = true;
    release(query, slot);
    if (push_argument(L, "on_answer")) {
        push_user_name(L, query, slot);
        lua_pushinteger(L, count);
        lua_getfield(L, object + 1, "count");
        call_back(L, query, 3, 0);
    } else {
        lua_pop(L, 1);
    }
    return true;
}

static void name_missing_action(const struct session_query *query, struct http_failure *failure) {
    size_t length = strlen(failure->message);
    size_t left = sizeof failure->message - length;
    if (failure->status == FORBIDDEN)
        snprintf(failure->message + length, left, "; it takes the IAM action %s", query->action);
}

/* [-0, +0, e] The answer came whole. */
static void take_answer(lua_State *L, struct session_query *query, struct slot *slot) {
    struct http_failure failure;
    const struct transfer *transfer = &slot->request.transfer;
    http_failure_describe(&failure, "answer", transfer, &query->secrets);
    bool success = failure.status == 200;
    if (failure.status < 500) {
        query->proven = true;
        query->renewed = query->renewed && slot->generation != query->generation;
    }
    lua_getiuservalue(L, 1, DECODE);
    int decode = lua_gettop(L);
    struct http_failure unreadable = failure;
    bool readable = answer_push_object(L, decode, transfer, success ? &failure : &unreadable);
    int object = decode + 1;
    bool taken = false;
    if (readable && success) {
        lua_pushstring(L, query->list_name);
        bool has_list = lua_rawget(L, object) == LUA_TTABLE;
        lua_pop(L, 1);
        taken = (has_list || !answer_read_failure(L, object, &failure, &query->secrets)) &&
                take_rows(L, query, slot, object, &failure);
    } else if (readable) {
        answer_read_failure(L, object, &failure, &query->secrets);
    }
    lua_settop(L, decode - 1);
    if (taken)
        return;
    name_missing_action(query, &failure);
    fail(L, query, slot, &failure);
}

/* [-0, +0, e] The slot's transfer is over, well or not. */
static void take_finished(lua_State *L, struct session_query *query, struct slot *slot) {
    struct request *request = &slot->request;
    bool whole = request->transfer.result == CURLE_OK;
    long status = whole ? transfer_status(&request->transfer) : 0;
    if (status == UNAUTHORIZED && can_ask_again(L, query, slot))
        return;
    if (request_again(request, &query->policy, query_now(query))) {
        if (status == TOO_MANY_REQUESTS && request->due > query->not_before)
            query->not_before = request->due;
        return;
    }
    if (whole) {
        take_answer(L, query, slot);
        return;
    }
    struct http_failure failure;
    http_failure_describe(&failure, "request", &request->transfer, &query->secrets);
    fail(L, query, slot, &failure);
}

/* [-0, +0, e] Begins the slot's next attempt. */
static void attempt(lua_State *L, struct session_query *query, struct slot *slot) {
    if (query->can_renew && time(NULL) >= query->token_until) {
        renew_token(L, query, false);
        if (query->closed)
            return;
    }
    lua_getiuservalue(L, 1, TARGETS);
    lua_rawgeti(L, -1, place_of(query, slot) + 1);
    const char *query_string = lua_tostring(L, -1);
    const char *url = lua_pushfstring(L, "%s%s?%s", query->base_url, query->path, query_string);
    struct request *request = &slot->request;
    struct curl_slist *headers = request->headers;
    bool same = headers && query->authorization.token && slot->generation == query->generation;
    if (same)
        request->headers = NULL;
    else
        headers = authorization_headers(&query->authorization, query->path, query_string,
                                        (long long)time(NULL));
    slot->generation = query->generation;
    if (!headers ||
        !request_attempt(request, &query->policy, query_now(query), url, headers, NULL))
        luaL_error(L, "not enough memory for a request");
    lua_pop(L, 3);
}

/* [-0, +0, e] Asks the caller's function for the slot's next target; false if there is none. */
static bool take_target(lua_State *L, struct session_query *query, struct slot *slot) {
    lua_getiuservalue(L, 1, NEXT_TARGET);
    call_back(L, query, 0, 2);
    if (query->closed || lua_isnil(L, -2)) {
        query->out_of_targets = true;
        lua_pop(L, 2);
        return false;
    }
    luaL_checkstring(L, -2);
    lua_getiuservalue(L, 1, TARGETS);
    lua_insert(L, -3);
    if (lua_isnil(L, -1)) {
        lua_pushboolean(L, false);
        lua_replace(L, -2);
    }
    lua_rawseti(L, -3, place_of(query, slot));
    lua_rawseti(L, -2, place_of(query, slot) + 1);
    lua_pop(L, 1);
    struct transfer *transfer = &slot->request.transfer;
    if (!transfer->easy && !transfer_open(transfer, query->loop, &query->finished, &query->settings))
        luaL_error(L, "libcurl refuses the settings, or there is not enough memory");
    slot->active = true;
    query->active++;
    request_begin(&slot->request, &query->policy, query_now(query), query->not_before);
    return true;
}

static size_t allowed_concurrency(const struct session_query *query) {
    if (query->proven || query->slot_count <= 1)
        return query->slot_count;
    if (!query->unanswered)
        return 1;
    return query->slot_count < UNPROVEN_CONCURRENCY ? query->slot_count : UNPROVEN_CONCURRENCY;
}

/* [-0, +0, e] Begins and gives up what is due, and returns when the next of this comes. */
static int64_t tend_slots(lua_State *L, struct session_query *query) {
    int64_t wake = INT64_MAX;
    int64_t now = query_now(query);
    size_t allowed = allowed_concurrency(query);
    for (size_t i = 0; i < query->slot_count && !query->closed; i++) {
        struct slot *slot = &query->slots[i];
        if (!slot->active &&
            (query->out_of_targets || query->active >= allowed || !take_target(L, query, slot)))
            continue;
        if (slot->request.state == REQUEST_DUE && slot->request.due <= now)
            attempt(L, query, slot);
        else if (slot->request.state == REQUEST_RUNNING && slot->request.due <= now)
            request_give_up(&slot->request);
        if (slot->request.due < wake)
            wake = slot->request.due;
    }
    return wake;
}

/* [-0, +0, e] */
static void wait(lua_State *L, struct session_query *query, int64_t wake) {
    switch (transfer_loop_run(query->loop, wake + query->away)) {
    case TURN_TAKEN:
        return;
    case TURN_INTERRUPTED:
        target_run_hook(L);
        return;
    case TURN_IMPOSSIBLE:
        close_query(query);
        luaL_error(L, "the transfers cannot go on; not enough memory?");
    }
}

/* [-0, +2, e] Pushes the next session and its user's name, or nil after the last. */
static void push_next(lua_State *L, struct session_query *query) {
    for (;;) {
        if (query->has_rows) {
            lua_getiuservalue(L, 1, ROWS);
            if (lua_rawgeti(L, -1, ++query->row) != LUA_TNIL) {
                lua_remove(L, -2);
                lua_getiuservalue(L, 1, USER_NAME);
                return;
            }
            lua_pop(L, 2);
            query->has_rows = false;
        }
        struct transfer *transfer = transfer_take(&query->finished);
        if (transfer) {
            take_finished(L, query, (struct slot *)request_of(transfer));
            continue;
        }
        int64_t wake = tend_slots(L, query);
        if (query->closed || query->active == 0) {
            close_query(query);
            lua_pushnil(L);
            lua_pushnil(L);
            return;
        }
        if (!query->finished.first)
            wait(L, query, wake);
    }
}

static int session_query_next(lua_State *L) {
    struct session_query *query = luaL_checkudata(L, 1, METATABLE);
    lua_settop(L, 1);
    if (query->calling_back)
        return luaL_error(L, "a query cannot be stepped from a function it calls");
    if (query->closed) {
        lua_pushnil(L);
        return 1;
    }
    query->away += transfer_now() - query->left_at;
    push_next(L, query);
    query->left_at = transfer_now();
    return 2;
}

static int session_query_tostring(lua_State *L) {
    const struct session_query *query = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "rollcall.session_query (%s)", query->closed ? "closed" : "open");
    return 1;
}

/* [-0, +0, v] Reads the arguments at 1 into the query at 2, whose user values keep them. */
static void read_arguments(lua_State *L, struct session_query *query) {
    struct authorization *authorization = &query->authorization;
    argument_settings(L, 1, &query->settings, &query->policy);
    argument_secrets(L, 1, &query->secrets);
    query->base_url = argument_needed_text(L, 1, "base_url");
    query->path = argument_needed_text(L, 1, "path");
    query->list_name = argument_needed_text(L, 1, "list_name");
    query->action = argument_needed_text(L, 1, "action");
    authorization->host = argument_needed_text(L, 1, "host");
    authorization->project_id = argument_needed_text(L, 1, "project_id");
    authorization->token = argument_text(L, 1, "token");
    authorization->access = argument_text(L, 1, "ak");
    authorization->secret = argument_text(L, 1, "sk");
    authorization->security_token = argument_text(L, 1, "security_token");
    query->can_renew = lua_getfield(L, 1, "authorize") != LUA_TNIL;
    lua_pop(L, 1);
    if (!query->can_renew && !authorization->token &&
        !(authorization->access && authorization->secret))
        luaL_error(L, "there are no credentials");
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, ARGUMENTS);
    lua_getfield(L, 1, "next_target");
    lua_setiuservalue(L, 2, NEXT_TARGET);
    lua_getfield(L, 1, "decode");
    lua_setiuservalue(L, 2, DECODE);
    if (lua_getfield(L, 1, "fields") != LUA_TTABLE)
        luaL_error(L, "fields is missing");
    lua_setiuservalue(L, 2, FIELDS);
    lua_createtable(L, (int)query->slot_count * 2, 0);
    lua_setiuservalue(L, 2, TARGETS);
}

int session_query_new(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct transfer_loop *loop = connections_of(L, 1);
    size_t slot_count = (size_t)argument_integer(L, 1, "concurrency", 1, CONCURRENCY_LIMIT);
    size_t size = sizeof(struct session_query) + slot_count * sizeof(struct slot);
    struct session_query *query = lua_newuserdatauv(L, size, USER_VALUES);
    memset(query, 0, size);
    query->closed = true;
    query->slot_count = slot_count;
    luaL_setmetatable(L, METATABLE);
    read_arguments(L, query);
    query->loop = transfer_loop_retain(loop);
    transfer_loop_keep(loop, (long)slot_count + 1);
    query->closed = false;
    query->left_at = transfer_now();

    lua_pushcfunction(L, session_query_next);
    lua_pushvalue(L, 2);
    lua_pushnil(L);
    lua_pushvalue(L, 2);
    return 4;
}

void session_query_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", session_query_close},
        {"__close", session_query_close},
        {"__tostring", session_query_tostring},
        {"__call", session_query_next},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"close", session_query_close}, {NULL, NULL}};
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, metamethods, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
