/* The query of many users' sessions as an iterator: at most so many requests at once, their
 * retries, and the sessions as tables, in order of arrival. */
#include "workspace/lua_session_query.h"

#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "binding/interrupt.h"
#include "binding/options.h"
#include "binding/waits.h"
#include "workspace/lua_connection_pool.h"
#include "workspace/lua_session_state.h"
#include "workspace/lua_settings.h"

#define METATABLE "rollcall.session_query"
#define CONCURRENCY_LIMIT 1024

int64_t session_query_now(const struct session_query *query) {
    return clock_now() - query->away;
}

void session_query_end(struct session_query *query) {
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
    session_query_end(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

void session_query_call_back(lua_State *L, struct session_query *query, int arguments,
                             int results) {
    int64_t before = clock_now();
    query->calling_back = true;
    int status = lua_pcall(L, arguments, results, 0);
    query->calling_back = false;
    query->away += clock_now() - before;
    if (status != LUA_OK)
        lua_error(L);
}

bool session_query_push_argument(lua_State *L, const char *name) {
    lua_getiuservalue(L, 1, ARGUMENTS);
    bool is_there = lua_getfield(L, -1, name) != LUA_TNIL;
    lua_remove(L, -2);
    return is_there;
}

/* [-0, +0, e] Takes a turn, which waits for something to happen until `until`. */
static void turn(lua_State *L, struct session_query *query, int64_t until) {
    switch (transfer_loop_run(query->loop, until)) {
    case TURN_TAKEN:
        return;
    case TURN_INTERRUPTED:
        interrupt_run_hook(L);
        return;
    case TURN_IMPOSSIBLE:
        session_query_end(query);
        luaL_error(L, "the transfers cannot go on; not enough memory?");
    }
}

/* [-0, +0, e] on_wait has ended: what it returned is at the top of the stack. */
static void end_wait(lua_State *L, struct session_query *query, int status) {
    query->calling_back = false;
    if (status != LUA_OK && status != LUA_YIELD) {
        session_query_end(query);
        lua_error(L);
    }
    query->away += waits_away(L, clock_now() - query->left_at);
    lua_settop(L, 1);
    if (!query->closed)
        turn(L, query, 0);
}

/* [-0, +0, e] Waits until something happens. on_wait may yield, and `after` goes on. */
static void wait(lua_State *L, struct session_query *query, int64_t wake, lua_KFunction after) {
    int64_t until = wake == INT64_MAX ? wake : wake + query->away;
    size_t count;
    int64_t milliseconds;
    const struct pollfd *polled = transfer_loop_polled(query->loop, until, &count, &milliseconds);
    if (!query->waits_outside || milliseconds == 0) {
        turn(L, query, until);
        return;
    }
    lua_getiuservalue(L, 1, ON_WAIT);
    if (milliseconds < 0 || milliseconds > TRANSFER_LOOP_LOOK_MILLISECONDS)
        milliseconds = TRANSFER_LOOP_LOOK_MILLISECONDS;
    waits_push(L, polled, count, milliseconds);
    query->calling_back = true;
    query->left_at = clock_now();
    end_wait(L, query, lua_pcallk(L, 1, 1, 0, 0, after));
}

/* [-0, +2, e] Pushes the next row of the answer that is being read, and its user's name. */
static bool push_row(lua_State *L, struct session_query *query) {
    if (!query->has_rows)
        return false;
    lua_getiuservalue(L, 1, ROWS);
    if (lua_rawgeti(L, -1, ++query->row) != LUA_TNIL) {
        lua_remove(L, -2);
        lua_getiuservalue(L, 1, USER_NAME);
        return true;
    }
    lua_pop(L, 2);
    query->has_rows = false;
    return false;
}

static int advance(lua_State *L, struct session_query *query);

/* [-0, +2, e] Goes on after an on_wait that yielded. */
static int after_wait(lua_State *L, int status, lua_KContext context) {
    struct session_query *query = lua_touserdata(L, 1);
    (void)context;
    end_wait(L, query, status);
    return advance(L, query);
}

/* [-0, +2, e] Pushes the next session and its user's name, or nil after the last. */
static int advance(lua_State *L, struct session_query *query) {
    while (!push_row(L, query)) {
        struct transfer *transfer = transfer_take(&query->finished);
        if (transfer) {
            session_outcome_take(L, query, (struct slot *)request_of(transfer));
            continue;
        }
        int64_t wake = session_slot_tend(L, query);
        if (query->closed || query->active == 0) {
            session_query_end(query);
            lua_pushnil(L);
            lua_pushnil(L);
            return 2;
        }
        if (!query->finished.first)
            wait(L, query, wake, after_wait);
    }
    query->left_at = clock_now();
    return 2;
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
    int64_t now = clock_now();
    query->away += now - query->left_at;
    query->left_at = now; /* in case that something is raised before there is a row */
    return advance(L, query);
}

static int session_query_tostring(lua_State *L) {
    const struct session_query *query = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "rollcall.session_query (%s)", query->closed ? "closed" : "open");
    return 1;
}

/* [-0, +0, v] Reads the arguments at 1 into the query at 2, whose user values keep them. */
static void read_arguments(lua_State *L, struct session_query *query) {
    struct authorization *authorization = &query->authorization;
    settings_read(L, 1, &query->settings, &query->policy);
    settings_read_secrets(L, 1, &query->secrets);
    query->base_url = option_needed_text(L, 1, "base_url");
    query->path = option_needed_text(L, 1, "path");
    query->list_name = option_needed_text(L, 1, "list_name");
    query->action = option_needed_text(L, 1, "action");
    authorization->host = option_needed_text(L, 1, "host");
    authorization->project_id = option_needed_text(L, 1, "project_id");
    authorization->token = option_text(L, 1, "token");
    authorization->access = option_text(L, 1, "ak");
    authorization->secret = option_text(L, 1, "sk");
    authorization->security_token = option_text(L, 1, "security_token");
    query->can_renew = lua_getfield(L, 1, "authorize") != LUA_TNIL;
    query->tells_answers = lua_getfield(L, 1, "on_answer") != LUA_TNIL;
    lua_pop(L, 2);
    if (!query->can_renew && !authorization->token &&
        !(authorization->access && authorization->secret))
        luaL_error(L, "there are no credentials");
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, ARGUMENTS);
    lua_getfield(L, 1, "next_target");
    lua_setiuservalue(L, 2, NEXT_TARGET);
    lua_getfield(L, 1, "decode");
    lua_setiuservalue(L, 2, DECODE);
    query->waits_outside = lua_getfield(L, 1, "on_wait") != LUA_TNIL;
    lua_setiuservalue(L, 2, ON_WAIT);
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
    size_t slot_count = (size_t)option_integer(L, 1, "concurrency", 1, CONCURRENCY_LIMIT);
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
    query->left_at = clock_now();

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
