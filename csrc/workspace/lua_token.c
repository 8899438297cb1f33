/* A token from IAM, in one call that waits for it. In all of it the request stands at index 1 of
 * the stack. */
#include "workspace/lua_token.h"

#include <lauxlib.h>
#include <string.h>

#include "binding/options.h"
#include "workspace/auth/headers.h"
#include "workspace/http/request.h"
#include "workspace/lua_answer.h"
#include "workspace/lua_connection_pool.h"
#include "workspace/lua_failure.h"
#include "workspace/lua_session_query.h"
#include "workspace/lua_settings.h"
#include "workspace/lua_transfer_waiter.h"

#define METATABLE "rollcall.token_request"
#define CREATED 201

enum { ARGUMENTS = WAITER_ON_WAIT + 1, DECODE, USER_VALUES = DECODE };

struct token_request {
    struct transfer_waiter base; /* the first member, so that one is found from the other */
    struct request request;
    struct request_policy policy;
    struct secrets secrets;
    const char *base_url;
    const char *path;
    const char *body;
    struct transfer_waiter *query; /* that the token is for; the arguments keep it */
};

static void end(struct waiter *waiter) {
    struct token_request *token_request = (struct token_request *)waiter;
    request_close(&token_request->request);
    transfer_waiter_end(&token_request->base);
}

/* [-0, +0, e] Begins and gives up what is due. */
static void tend(lua_State *L, struct token_request *token_request) {
    struct request *request = &token_request->request;
    int64_t now = waiter_now(&token_request->base.waiter);
    if (!request_is_due(request, now))
        return;
    struct curl_slist *headers =
        authorization_add_header(NULL, 0, "Content-Type", "application/json;charset=utf8");
    headers = authorization_add_header(headers, 1, "Accept", "application/json");
    if (!headers || !request_attempt(request, &token_request->policy, now, token_request->path,
                                     headers, token_request->body)) {
        waiter_end(&token_request->base.waiter);
        luaL_error(L, "not enough memory for a request");
    }
}

/* Whether it can stand in a header and nowhere else: printable ASCII without blanks. */
static bool is_token(const char *text) {
    size_t length = 0;
    while (text && text[length] > ' ' && text[length] < 0x7F)
        length++;
    return length > 0 && text[length] == '\0';
}

/* [-0, +1, e] Pushes token.expires_at of the object at `index`, or nil. */
static void push_expiry(lua_State *L, int index) {
    lua_pushliteral(L, "token");
    if (lua_rawget(L, index) == LUA_TTABLE) {
        lua_pushliteral(L, "expires_at");
        if (lua_rawget(L, -2) != LUA_TSTRING) {
            lua_pop(L, 1);
            lua_pushnil(L);
        }
    } else {
        lua_pushnil(L);
    }
    lua_remove(L, -2);
}

/* [-0, +2, e] Pushes the token and when it expires, or raises the failure. */
static void push_token(lua_State *L, struct token_request *token_request) {
    const struct transfer *transfer = &token_request->request.transfer;
    const struct secrets *secrets = &token_request->secrets;
    struct http_failure failure;
    http_failure_describe(&failure, "token", transfer, secrets);
    lua_getiuservalue(L, 1, DECODE);
    int object = lua_gettop(L) + 1;
    const struct answer_problem *problem = NULL;
    if (transfer->result == CURLE_OK)
        problem = answer_push_object(L, object - 1, transfer);
    bool readable = lua_gettop(L) == object && !problem;
    if (problem && failure.status == CREATED)
        http_failure_set(&failure, problem->code, problem->message);
    if (failure.status == CREATED && readable) {
        const char *token = transfer_header(transfer, "X-Subject-Token");
        if (is_token(token)) {
            lua_pushstring(L, token);
            push_expiry(L, object);
            return;
        }
        http_failure_set(&failure, "NO_TOKEN", "the answer has no token in X-Subject-Token");
    } else if (readable) {
        answer_read_failure(L, object, &failure, secrets);
    }
    lua_pushnil(L);
    http_failure_push(L, &failure, token_request->base_url);
    waiter_end(&token_request->base.waiter);
    lua_error(L);
}

/* [-0, +(0|2), e] Makes attempts until one is the last. */
static int advance(lua_State *L, struct waiter *waiter, struct waiter_wish *wish) {
    struct token_request *token_request = (struct token_request *)waiter;
    struct request *request = &token_request->request;
    waiter_come_back(waiter);
    if (token_request->query && token_request->query->waiter.closed) {
        waiter_end(waiter);
        return WAITER_WAIT;
    }
    do {
        if (transfer_take(&token_request->base.finished) &&
            !request_again(request, &token_request->policy, waiter_now(waiter))) {
            push_token(L, token_request);
            waiter_end(waiter);
            return 2;
        }
        tend(L, token_request);
    } while (token_request->base.finished.first);
    wish->until = request->due;
    transfer_waiter_stand(&token_request->base, true);
    return WAITER_WAIT;
}

static const struct waiter_kind kind = {
    .name = "a token request",
    .advance = advance,
    .wait = transfer_waiter_wait,
    .end = end,
};

#if LUA_VERSION_NUM < 503
/* For lua/rollcall/internal/lua_versions.lua, which steps on where C cannot go on after a yield. */
static int token_request_step(lua_State *L) {
    return waiter_step(L, luaL_checkudata(L, 1, METATABLE));
}
#endif

static int token_request_close(lua_State *L) {
    waiter_close(L, luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static int token_request_gc(lua_State *L) {
    waiter_end(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

/* [-0, +0, v] Reads the arguments at 2 into the request at 1, whose user values keep them. */
static void read_arguments(lua_State *L, struct token_request *token_request,
                           struct transfer_settings *settings) {
    settings_read(L, 2, settings, &token_request->policy);
    settings_read_secrets(L, 2, &token_request->secrets);
    token_request->base_url = settings->base_url;
    token_request->body = option_needed_text(L, 2, "body");
    token_request->path = option_needed_text(L, 2, "path");
    token_request->query = session_query_of(L, 2);
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, ARGUMENTS);
    lua_getfield(L, 2, "decode");
    lua_setiuservalue(L, 1, DECODE);
}

int token_fetch(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct transfer_loop *loop = connection_pool_of(L, 1);
    struct token_request *token_request = lua_newuserdatauv(L, sizeof *token_request, USER_VALUES);
    memset(token_request, 0, sizeof *token_request);
    waiter_begin(&token_request->base.waiter, &kind);
    luaL_setmetatable(L, METATABLE);
    lua_insert(L, 1);
    lua_toclose(L, 1);
    struct transfer_settings settings;
    read_arguments(L, token_request, &settings);
    if (lua_getfield(L, 2, "query") == LUA_TUSERDATA)
        lua_getiuservalue(L, -1, WAITER_ON_WAIT);
    transfer_waiter_open(L, &token_request->base, loop, token_request->query);
    struct request *request = &token_request->request;
    if (!transfer_open(&request->transfer, loop, &token_request->base.finished, &settings))
        return luaL_error(L, "libcurl refuses the settings, or there is not enough memory");
    int64_t now = waiter_now(&token_request->base.waiter);
    request_begin(request, &token_request->policy, now, now);
    return waiter_step(L, &token_request->base.waiter);
}

void token_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", token_request_gc},
        {"__close", token_request_close},
#if LUA_VERSION_NUM < 503
        {"__call", token_request_step},
#endif
        {NULL, NULL},
    };
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
}
