#include "workspace/lua_session_slot.h"

#include <lauxlib.h>

#include "workspace/lua_credential.h"
#include "workspace/lua_failure.h"

/* Each may begin a connection, for which libcurl takes up to a third of a millisecond at once, of
 * the host's loop: of two hundred 60 ms without this. */
#define ATTEMPTS_A_TURN 8

int64_t session_query_now(const struct session_query *query) {
    return waiter_now(&query->base.waiter);
}

bool session_query_push_argument(lua_State *L, const char *name) {
    lua_getiuservalue(L, 1, ARGUMENTS);
    bool is_there = lua_getfield(L, -1, name) != LUA_TNIL;
    lua_remove(L, -2);
    return is_there;
}

/* The slot's place in USERS. */
static lua_Integer place_of(const struct session_query *query, const struct query_slot *slot) {
    return 2 * (lua_Integer)(slot - query->slots) + 1;
}

void session_slot_push_user(lua_State *L, const struct session_query *query,
                            const struct query_slot *slot) {
    lua_getiuservalue(L, 1, USERS);
    lua_rawgeti(L, -1, place_of(query, slot));
    lua_remove(L, -2);
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
}

void session_slot_push_failure(lua_State *L, struct session_query *query, struct query_slot *slot,
                               const struct http_failure *failure) {
    session_slot_push_user(L, query, slot);
    http_failure_push(L, failure, query->base_url);
    session_slot_release(query, slot);
}

int session_slot_raise(lua_State *L, struct session_query *query) {
    waiter_end(&query->base.waiter);
    return lua_error(L);
}

void session_slot_release(struct session_query *query, struct query_slot *slot) {
    credential_use_end(&query->credentials, &slot->tried);
    slot->active = false;
    transfer_trim(&slot->request.transfer);
    query->active--;
}

/* [-0, +3, e] Pushes the function for a token and its arguments: the token that was refused, and
 * who waits. */
static int ask_for_token(lua_State *L, struct session_query *query, struct waiter_wish *wish) {
    session_query_push_argument(L, "authorize");
    if (query->token_refused)
        lua_getiuservalue(L, 1, TOKEN);
    else
        lua_pushnil(L);
    lua_pushvalue(L, 1);
    query->called = CALLED_AUTHORIZE;
    wish->arguments = 2;
    wish->results = 2;
    return WAITER_CALL;
}

/* [-2, +0, e] */
static void take_token(lua_State *L, struct session_query *query) {
    const char *token = luaL_checkstring(L, -2);
    lua_Integer until = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    lua_setiuservalue(L, 1, TOKEN);
    query->authorization.token = token;
    query->secrets.values[PLAIN_TEXT_SECRETS - 1] = token;
    credential_set_token(&query->credentials, query->authorization.host, token);
    query->token_until = (time_t)until;
    query->generation++;
    query->token_new = true;
    query->token_refused = false;
}

/* One that was just given is used, whatever the clock says. */
static bool needs_token(const struct session_query *query) {
    return query->can_renew &&
           (query->token_refused || (!query->token_new && time(NULL) >= query->token_until));
}

/* [-0, +0, e] Begins the slot's next attempt. */
static void attempt(lua_State *L, struct session_query *query, struct query_slot *slot) {
    lua_getiuservalue(L, 1, USERS);
    lua_rawgeti(L, -1, place_of(query, slot) + 1);
    const char *query_string = lua_tostring(L, -1);
    const char *request_target = lua_pushfstring(L, "%s?%s", query->path, query_string);
    struct request *request = &slot->request;
    struct curl_slist *headers = request->headers;
    bool same = headers && query->authorization.token && slot->generation == query->generation;
    if (same)
        request->headers = NULL;
    else
        headers = authorization_headers(&query->authorization, query->path, query_string, NULL,
                                        (long long)time(NULL));
    slot->generation = query->generation;
    query->token_new = false;
    query->begun++;
    if (!headers || !request_attempt(request, &query->policy, session_query_now(query),
                                     request_target, headers, NULL)) {
        waiter_end(&query->base.waiter);
        luaL_error(L, "not enough memory for a request");
    }
    lua_pop(L, 3);
}

/* [-0, +1, e] Pushes the function that gives the next request. */
static int ask_for_request(lua_State *L, struct session_query *query, size_t slot,
                           struct waiter_wish *wish) {
    session_query_push_argument(L, "next_request");
    query->called = CALLED_NEXT_REQUEST;
    query->next_slot = slot;
    wish->arguments = 0;
    wish->results = 2;
    return WAITER_CALL;
}

/* [-2, +0, e] The next query string and the user it is about, or nil. */
static void take_request(lua_State *L, struct session_query *query) {
    struct query_slot *slot = &query->slots[query->next_slot];
    if (lua_isnil(L, -2)) {
        query->out_of_users = true;
        lua_pop(L, 2);
        return;
    }
    luaL_checkstring(L, -2);
    lua_getiuservalue(L, 1, USERS);
    lua_insert(L, -3);
    if (lua_isnil(L, -1)) {
        lua_pushboolean(L, false);
        lua_replace(L, -2);
    }
    lua_rawseti(L, -3, place_of(query, slot));
    lua_rawseti(L, -2, place_of(query, slot) + 1);
    lua_pop(L, 1);
    struct transfer *transfer = &slot->request.transfer;
    if (!transfer->easy &&
        !transfer_open(transfer, query->base.loop, &query->base.finished, &query->settings))
        luaL_error(L, "libcurl refuses the settings, or there is not enough memory");
    slot->active = true;
    query->active++;
    request_begin(&slot->request, &query->policy, session_query_now(query), query->not_before);
}

void session_slot_take_results(lua_State *L, struct session_query *query) {
    if (query->base.waiter.closed)
        lua_pop(L, 2);
    else if (query->called == CALLED_AUTHORIZE)
        take_token(L, query);
    else
        take_request(L, query);
}

/* [-0, +0, e] Begins the slot's next attempt when it is the credential's turn. */
static void attempt_in_turn(lua_State *L, struct session_query *query, struct query_slot *slot) {
    struct http_failure failure;
    struct request *request = &slot->request;
    int64_t now = session_query_now(query);
    switch (credential_use_begin(&query->credentials, request_time(request, &query->policy, now),
                                 &slot->tried, &failure)) {
    case CREDENTIAL_NOW:
    case CREDENTIAL_FIRST:
        attempt(L, query, slot);
        break;
    case CREDENTIAL_LATER:
        request_put_off(request, &query->policy, now, now + CREDENTIAL_TURN_MILLISECONDS);
        break;
    case CREDENTIAL_REFUSED:
        session_slot_push_failure(L, query, slot, &failure);
        session_slot_raise(L, query);
    }
}

int session_slot_tend(lua_State *L, struct session_query *query, struct waiter_wish *wish) {
    int64_t now = session_query_now(query);
    size_t allowed = credential_use_allowed(&query->credentials);
    for (size_t i = 0; i < query->slot_count; i++) {
        struct query_slot *slot = &query->slots[i];
        if (!slot->active) {
            if (!query->out_of_users && query->active < allowed)
                return ask_for_request(L, query, i, wish);
            continue;
        }
        if (request_is_due(&slot->request, now)) {
            if (query->begun >= ATTEMPTS_A_TURN) {
                wish->until = now;
                break;
            }
            if (needs_token(query))
                return ask_for_token(L, query, wish);
            attempt_in_turn(L, query, slot);
        }
        if (slot->request.due < wish->until)
            wish->until = slot->request.due;
    }
    query->begun = 0;
    return WAITER_WAIT;
}
