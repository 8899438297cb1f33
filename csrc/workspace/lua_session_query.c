/* The query of many users' sessions as an iterator: at most so many requests at once, their
 * retries, and the sessions as tables, in order of arrival. */
#include "workspace/lua_session_query.h"

#include <lauxlib.h>
#include <string.h>

#include "binding/metatable.h"
#include "binding/options.h"
#include "workspace/lua_connection_pool.h"
#include "workspace/lua_credential.h"
#include "workspace/lua_session_outcome.h"
#include "workspace/lua_session_slot.h"
#include "workspace/lua_settings.h"

#define METATABLE "rollcall.session_query"
#define CONCURRENCY_LIMIT 1024

static void end(struct waiter *waiter) {
    struct session_query *query = (struct session_query *)waiter;
    query->has_rows = false;
    query->active = 0;
    for (size_t i = 0; i < query->slot_count; i++) {
        credential_use_end(&query->credentials, &query->slots[i].tried);
        query->slots[i].active = false;
        request_close(&query->slots[i].request);
    }
    transfer_waiter_end(&query->base);
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

/* [-0, +n, e] Pushes the next session and its user's name, or closes the query after the last. */
static int go_on(lua_State *L, struct session_query *query, struct waiter_wish *wish) {
    while (!push_row(L, query)) {
        struct transfer *transfer = transfer_take(&query->base.finished);
        int wanted = transfer ? session_outcome_take(L, query, (struct query_slot *)transfer, wish)
                              : session_slot_tend(L, query, wish);
        if (wanted != WAITER_WAIT)
            return wanted;
        if (transfer || query->base.finished.first)
            continue;
        if (query->active == 0)
            waiter_end(&query->base.waiter);
        return WAITER_WAIT;
    }
    return 2;
}

static int advance(lua_State *L, struct waiter *waiter, struct waiter_wish *wish) {
    struct session_query *query = (struct session_query *)waiter;
    waiter_come_back(waiter);
    int values = go_on(L, query, wish);
    transfer_waiter_stand(&query->base, values == WAITER_WAIT);
    if (values > 0)
        waiter_leave(waiter);
    return values;
}

static void take_results(lua_State *L, struct waiter *waiter) {
    struct session_query *query = (struct session_query *)waiter;
    if (query->called != CALLED_BACK)
        session_slot_take_results(L, query);
}

static const struct waiter_kind kind = {
    .name = "a query",
    .advance = advance,
    .take_results = take_results,
    .wait = transfer_waiter_wait,
    .end = end,
};

static int session_query_next(lua_State *L) {
    return waiter_step(L, luaL_checkudata(L, 1, METATABLE));
}

static int session_query_close(lua_State *L) {
    waiter_close(L, luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static int session_query_gc(lua_State *L) {
    waiter_end(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static int session_query_tostring(lua_State *L) {
    const struct waiter *waiter = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "rollcall.session_query (%s)", waiter->closed ? "closed" : "open");
    return 1;
}

/* [-0, +0, v] Reads the arguments at 2 into the query at 1, whose user values keep them. */
static void read_arguments(lua_State *L, struct session_query *query) {
    settings_read(L, 2, &query->settings, &query->policy);
    settings_read_secrets(L, 2, &query->secrets);
    query->base_url = option_needed_text(L, 2, "base_url");
    query->path = option_needed_text(L, 2, "path");
    query->list_name = option_needed_text(L, 2, "list_name");
    query->action = option_needed_text(L, 2, "action");
    settings_read_authorization(L, 2, &query->authorization);
    credential_read(L, 2, &query->credentials);
    query->can_renew = lua_getfield(L, 2, "authorize") != LUA_TNIL;
    query->tells_answers = lua_getfield(L, 2, "on_answer") != LUA_TNIL;
    lua_pop(L, 2);
    if (!query->can_renew)
        settings_check_credentials(L, &query->authorization);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, ARGUMENTS);
    lua_getfield(L, 2, "decode");
    lua_setiuservalue(L, 1, DECODE);
    if (lua_getfield(L, 2, "fields") != LUA_TTABLE)
        luaL_error(L, "fields is missing");
    lua_setiuservalue(L, 1, FIELDS);
    lua_createtable(L, (int)query->slot_count * 2, 0);
    lua_setiuservalue(L, 1, USERS);
}

int session_query_new(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct transfer_loop *loop = connection_pool_of(L, 1);
    size_t slot_count = (size_t)option_integer(L, 1, "concurrency", 1, CONCURRENCY_LIMIT);
    size_t size = sizeof(struct session_query) + slot_count * sizeof(struct query_slot);
    struct session_query *query = lua_newuserdatauv(L, size, USER_VALUES);
    memset(query, 0, size);
    query->slot_count = slot_count;
    waiter_begin(&query->base.waiter, &kind);
    luaL_setmetatable(L, METATABLE);
    lua_insert(L, 1);
    read_arguments(L, query);
    lua_getfield(L, 2, "on_wait");
    transfer_waiter_open(L, &query->base, loop, NULL);
    transfer_loop_keep(loop, (long)slot_count + 1);

    lua_pushcfunction(L, session_query_next);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    lua_pushvalue(L, 1);
    return 4;
}

struct transfer_waiter *session_query_of(lua_State *L, int index) {
    struct session_query *query = NULL;
    if (lua_getfield(L, index, "query") != LUA_TNIL) {
        query = luaL_testudata(L, -1, METATABLE);
        if (!query)
            luaL_error(L, "query is none");
    }
    lua_pop(L, 1);
    return query ? &query->base : NULL;
}

void session_query_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", session_query_gc},
        {"__close", session_query_close},
        {"__tostring", session_query_tostring},
        {"__call", session_query_next},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"close", session_query_close}, {NULL, NULL}};
    metatable_register(L, METATABLE, metamethods, methods);
}
