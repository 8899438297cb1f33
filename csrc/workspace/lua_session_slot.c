/* The slots of a query: which user each asks about, and when its attempts begin and end. */
#include <lauxlib.h>

#include "workspace/lua_session_state.h"

/* The sixth refusal in a row locks an access key. So the first request goes alone; and until one
 * was accepted no more than this many are under way. */
#define UNPROVEN_CONCURRENCY 4

lua_Integer session_slot_place(const struct session_query *query, const struct slot *slot) {
    return 2 * (lua_Integer)(slot - query->slots) + 1;
}

void session_slot_renew_token(lua_State *L, struct session_query *query, bool refused) {
    session_query_push_argument(L, "authorize");
    if (refused)
        lua_getiuservalue(L, 1, TOKEN);
    else
        lua_pushnil(L);
    session_query_call_back(L, query, 1, 2);
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

/* [-0, +0, e] Begins the slot's next attempt. */
static void attempt(lua_State *L, struct session_query *query, struct slot *slot) {
    if (query->can_renew && time(NULL) >= query->token_until) {
        session_slot_renew_token(L, query, false);
        if (query->closed)
            return;
    }
    lua_getiuservalue(L, 1, TARGETS);
    lua_rawgeti(L, -1, session_slot_place(query, slot) + 1);
    const char *query_string = lua_tostring(L, -1);
    const char *target = lua_pushfstring(L, "%s?%s", query->path, query_string);
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
        !request_attempt(request, &query->policy, session_query_now(query), target, headers, NULL))
        luaL_error(L, "not enough memory for a request");
    lua_pop(L, 3);
}

/* [-0, +0, e] Asks the caller's function for the slot's next target; false if there is none. */
static bool take_target(lua_State *L, struct session_query *query, struct slot *slot) {
    lua_getiuservalue(L, 1, NEXT_TARGET);
    session_query_call_back(L, query, 0, 2);
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
    lua_rawseti(L, -3, session_slot_place(query, slot));
    lua_rawseti(L, -2, session_slot_place(query, slot) + 1);
    lua_pop(L, 1);
    struct transfer *transfer = &slot->request.transfer;
    if (!transfer->easy &&
        !transfer_open(transfer, query->loop, &query->finished, &query->settings))
        luaL_error(L, "libcurl refuses the settings, or there is not enough memory");
    slot->active = true;
    query->active++;
    request_begin(&slot->request, &query->policy, session_query_now(query), query->not_before);
    return true;
}

static size_t allowed_concurrency(const struct session_query *query) {
    if (query->proven || query->slot_count <= 1)
        return query->slot_count;
    if (!query->unanswered)
        return 1;
    return query->slot_count < UNPROVEN_CONCURRENCY ? query->slot_count : UNPROVEN_CONCURRENCY;
}

int64_t session_slot_tend(lua_State *L, struct session_query *query) {
    int64_t wake = INT64_MAX;
    int64_t now = session_query_now(query);
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
