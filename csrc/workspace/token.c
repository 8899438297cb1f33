/* A token from IAM, in one call that waits for it. */
#include "token.h"

#include <lauxlib.h>
#include <string.h>

#include "../interrupt.h"
#include "answer.h"
#include "argument.h"
#include "authorization.h"
#include "connections.h"
#include "http_failure.h"
#include "request.h"

#define METATABLE "rollcall.token_request"
#define CREATED 201

struct token_request {
    struct request request;
    struct transfer_queue finished;
};

static int token_request_close(lua_State *L) {
    struct token_request *token_request = luaL_checkudata(L, 1, METATABLE);
    request_close(&token_request->request);
    token_request->finished = (struct transfer_queue){NULL, NULL};
    return 0;
}

/* [-0, +0, e] Makes attempts until one is the last. */
static void run(lua_State *L, struct token_request *token_request, struct transfer_loop *loop,
                const struct request_policy *policy, const char *path, const char *body) {
    struct request *request = &token_request->request;
    request_begin(request, policy, transfer_now(), transfer_now());
    for (;;) {
        int64_t now = transfer_now();
        if (request->state == REQUEST_DUE && request->due <= now) {
            struct curl_slist *headers =
                authorization_add_header(NULL, 0, "Content-Type", "application/json;charset=utf8");
            headers = authorization_add_header(headers, 1, "Accept", "application/json");
            if (!headers || !request_attempt(request, policy, now, path, headers, body))
                luaL_error(L, "not enough memory for a request");
        } else if (request->state == REQUEST_RUNNING && request->due <= now) {
            request_give_up(request);
        }
        if (request_of(transfer_take(&token_request->finished))) {
            if (!request_again(request, policy, transfer_now()))
                return;
            continue;
        }
        switch (transfer_loop_run(loop, request->due)) {
        case TURN_TAKEN:
            break;
        case TURN_INTERRUPTED:
            interrupt_run_hook(L);
            break;
        case TURN_IMPOSSIBLE:
            luaL_error(L, "the transfers cannot go on; not enough memory?");
        }
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
static void push_token(lua_State *L, const struct transfer *transfer,
                       const struct secrets *secrets) {
    struct http_failure failure;
    http_failure_describe(&failure, "token", transfer, secrets);
    lua_getfield(L, 1, "decode");
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
    failure_push_http(L, &failure, argument_needed_text(L, 1, "base_url"));
    lua_error(L);
}

int token_fetch(lua_State *L) {
    struct transfer_settings settings;
    struct request_policy policy;
    struct secrets secrets;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct transfer_loop *loop = connections_of(L, 1);
    argument_settings(L, 1, &settings, &policy);
    argument_secrets(L, 1, &secrets);
    const char *body = argument_needed_text(L, 1, "body");
    const char *path = argument_needed_text(L, 1, "path");
    struct token_request *token_request = lua_newuserdatauv(L, sizeof *token_request, 0);
    memset(token_request, 0, sizeof *token_request);
    luaL_setmetatable(L, METATABLE);
    lua_toclose(L, -1);
    if (!transfer_open(&token_request->request.transfer, loop, &token_request->finished, &settings))
        return luaL_error(L, "libcurl refuses the settings, or there is not enough memory");
    run(L, token_request, loop, &policy, path, body);
    push_token(L, &token_request->request.transfer, &secrets);
    return 2;
}

void token_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", token_request_close},
        {"__close", token_request_close},
        {NULL, NULL},
    };
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
}
