/* A token from IAM, in one call that waits for it. In all of it the arguments stand at index 1 of
 * the stack and the request at 2. */
#include "workspace/lua_token.h"

#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "binding/interrupt.h"
#include "binding/options.h"
#include "binding/waits.h"
#include "workspace/auth/headers.h"
#include "workspace/http/request.h"
#include "workspace/lua_answer.h"
#include "workspace/lua_connection_pool.h"
#include "workspace/lua_failure.h"
#include "workspace/lua_settings.h"

#define METATABLE "rollcall.token_request"
#define CREATED 201

enum { ARGUMENTS = 1, TOKEN_REQUEST };

struct token_request {
    struct request request;
    struct transfer_queue finished;
    struct transfer_loop *loop;
    struct request_policy policy;
    struct secrets secrets;
    const char *path;
    const char *body;
    bool waits_outside; /* in on_wait */
    int64_t away;       /* milliseconds that on_wait spent on something else than waiting */
    int64_t left_at;    /* when on_wait was called */
};

static int token_request_close(lua_State *L) {
    struct token_request *token_request = luaL_checkudata(L, 1, METATABLE);
    request_close(&token_request->request);
    transfer_loop_release(token_request->loop);
    token_request->loop = NULL;
    token_request->finished = (struct transfer_queue){NULL, NULL};
    return 0;
}

/* Milliseconds of a clock that stands still while on_wait does something else. */
static int64_t request_now(const struct token_request *token_request) {
    return clock_now() - token_request->away;
}

/* [-0, +0, e] Takes a turn, which waits for something to happen until `until`. */
static void turn(lua_State *L, struct token_request *token_request, int64_t until) {
    switch (transfer_loop_run(token_request->loop, until)) {
    case TURN_TAKEN:
        return;
    case TURN_INTERRUPTED:
        interrupt_run_hook(L);
        return;
    case TURN_IMPOSSIBLE:
        luaL_error(L, "the transfers cannot go on; not enough memory?");
    }
}

/* [-0, +0, e] on_wait has ended: what it returned is at the top of the stack. */
static void end_wait(lua_State *L, struct token_request *token_request) {
    token_request->away += waits_away(L, clock_now() - token_request->left_at);
    lua_settop(L, TOKEN_REQUEST);
    turn(L, token_request, 0);
}

/* [-0, +0, e] Waits until something happens. on_wait may yield, and `after` goes on. */
static void wait(lua_State *L, struct token_request *token_request, lua_KFunction after) {
    int64_t until = token_request->request.due + token_request->away;
    size_t count;
    int64_t milliseconds;
    const struct pollfd *polled =
        transfer_loop_polled(token_request->loop, until, &count, &milliseconds);
    if (!token_request->waits_outside || milliseconds == 0) {
        turn(L, token_request, until);
        return;
    }
    lua_getfield(L, ARGUMENTS, "on_wait");
    if (milliseconds < 0 || milliseconds > TRANSFER_LOOP_LOOK_MILLISECONDS)
        milliseconds = TRANSFER_LOOP_LOOK_MILLISECONDS;
    waits_push(L, polled, count, milliseconds);
    token_request->left_at = clock_now();
    lua_callk(L, 1, 1, 0, after);
    end_wait(L, token_request);
}

/* [-0, +0, e] Begins and gives up what is due. */
static void tend(lua_State *L, struct token_request *token_request) {
    struct request *request = &token_request->request;
    int64_t now = request_now(token_request);
    if (request->due > now)
        return;
    if (request->state == REQUEST_RUNNING) {
        request_give_up(request);
    } else if (request->state == REQUEST_DUE) {
        struct curl_slist *headers =
            authorization_add_header(NULL, 0, "Content-Type", "application/json;charset=utf8");
        headers = authorization_add_header(headers, 1, "Accept", "application/json");
        if (!headers || !request_attempt(request, &token_request->policy, now, token_request->path,
                                         headers, token_request->body))
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
    http_failure_push(L, &failure, option_needed_text(L, 1, "base_url"));
    lua_error(L);
}

static int advance(lua_State *L, struct token_request *token_request);

/* [-0, +2, e] Goes on after an on_wait that yielded. */
static int after_wait(lua_State *L, int status, lua_KContext context) {
    struct token_request *token_request = lua_touserdata(L, TOKEN_REQUEST);
    (void)status;
    (void)context;
    end_wait(L, token_request);
    return advance(L, token_request);
}

/* [-0, +2, e] Makes attempts until one is the last. */
static int advance(lua_State *L, struct token_request *token_request) {
    struct request *request = &token_request->request;
    for (;;) {
        tend(L, token_request);
        if (!request_of(transfer_take(&token_request->finished))) {
            wait(L, token_request, after_wait);
        } else if (!request_again(request, &token_request->policy, request_now(token_request))) {
            push_token(L, &request->transfer, &token_request->secrets);
            return 2;
        }
    }
}

int token_fetch(lua_State *L) {
    luaL_checktype(L, ARGUMENTS, LUA_TTABLE);
    lua_settop(L, ARGUMENTS);
    struct token_request *token_request = lua_newuserdatauv(L, sizeof *token_request, 0);
    memset(token_request, 0, sizeof *token_request);
    luaL_setmetatable(L, METATABLE);
    lua_toclose(L, TOKEN_REQUEST);
    struct transfer_settings settings;
    settings_read(L, ARGUMENTS, &settings, &token_request->policy);
    settings_read_secrets(L, ARGUMENTS, &token_request->secrets);
    token_request->body = option_needed_text(L, ARGUMENTS, "body");
    token_request->path = option_needed_text(L, ARGUMENTS, "path");
    token_request->loop = transfer_loop_retain(connections_of(L, ARGUMENTS));
    token_request->waits_outside = lua_getfield(L, ARGUMENTS, "on_wait") != LUA_TNIL;
    lua_settop(L, TOKEN_REQUEST);
    struct request *request = &token_request->request;
    if (!transfer_open(&request->transfer, token_request->loop, &token_request->finished,
                       &settings))
        return luaL_error(L, "libcurl refuses the settings, or there is not enough memory");
    request_begin(request, &token_request->policy, clock_now(), clock_now());
    return advance(L, token_request);
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
