#include "workspace/lua_post.h"

#include <lauxlib.h>
#include <string.h>
#include <time.h>

#include "binding/options.h"
#include "workspace/lua_connection_pool.h"
#include "workspace/lua_credential.h"
#include "workspace/lua_failure.h"
#include "workspace/lua_session_query.h"
#include "workspace/lua_settings.h"

#define METATABLE "rollcall.post"

static void end(struct waiter *waiter) {
    struct post *post = (struct post *)waiter;
    credential_use_end(&post->credentials, &post->tried);
    request_close(&post->request);
    transfer_waiter_end(&post->base);
}

static struct curl_slist *headers_of(const struct post *post) {
    struct curl_slist *headers = NULL;
    if (post->kind->acts) {
        headers = authorization_headers(&post->authorization, post->path, "", post->body,
                                        (long long)time(NULL));
        if (!headers)
            return NULL;
    }
    headers = authorization_add_header(headers, post->kind->acts, "Content-Type",
                                       post->kind->content_type);
    return authorization_add_header(headers, 1, "Accept", "application/json");
}

/* [-0, +0, e] Begins the next attempt. */
static void attempt(lua_State *L, struct post *post, int64_t now) {
    struct curl_slist *headers = headers_of(post);
    if (!headers ||
        !request_attempt(&post->request, &post->policy, now, post->path, headers, post->body)) {
        waiter_end(&post->base.waiter);
        luaL_error(L, "not enough memory for a request");
    }
}

void post_fail(lua_State *L, struct post *post, const struct http_failure *failure) {
    credential_use_fail(&post->credentials, post->tried, failure);
    lua_pushnil(L);
    http_failure_push(L, failure, post->base_url);
    waiter_end(&post->base.waiter);
    lua_error(L);
}

/* [-0, +0, e] Begins and gives up what is due. */
static void tend(lua_State *L, struct post *post) {
    struct http_failure failure;
    int64_t now = waiter_now(&post->base.waiter);
    if (!request_is_due(&post->request, now))
        return;
    switch (credential_use_begin(&post->credentials,
                                 request_time(&post->request, &post->policy, now), &post->tried,
                                 &failure)) {
    case CREDENTIAL_NOW:
    case CREDENTIAL_FIRST:
        attempt(L, post, now);
        break;
    case CREDENTIAL_LATER:
        request_put_off(&post->request, &post->policy, now, now + CREDENTIAL_TURN_MILLISECONDS);
        break;
    case CREDENTIAL_REFUSED:
        failure.stage = post->kind->acts ? failure.stage : post->kind->stage;
        post_fail(L, post, &failure);
    }
}

/* [-0, +n, e] */
static int push_results(lua_State *L, struct post *post) {
    const struct transfer *transfer = &post->request.transfer;
    struct http_failure failure;
    http_failure_describe(&failure, post->kind->stage, transfer, &post->secrets);
    lua_getiuservalue(L, 1, POST_DECODE);
    int object = lua_gettop(L) + 1;
    const struct answer_problem *problem = NULL;
    if (transfer->result == CURLE_OK)
        problem = answer_push_object(L, object - 1, transfer);
    if (lua_gettop(L) < object)
        lua_pushnil(L);
    return post->kind->push_results(L, post, object, &failure, problem);
}

/* [-0, +(0|n), e] Makes attempts until one is the last. */
static int advance(lua_State *L, struct waiter *waiter, struct waiter_wish *wish) {
    struct post *post = (struct post *)waiter;
    waiter_come_back(waiter);
    if (post->query && post->query->waiter.closed) {
        waiter_end(waiter);
        return WAITER_WAIT;
    }
    do {
        if (transfer_take(&post->base.finished)) {
            if (post->kind->acts ||
                !request_again(&post->request, &post->policy, waiter_now(waiter))) {
                int results = push_results(L, post);
                waiter_end(waiter);
                return results;
            }
            credential_use_end(&post->credentials, &post->tried);
        }
        tend(L, post);
    } while (post->base.finished.first);
    wish->until = post->request.due;
    transfer_waiter_stand(&post->base, true);
    return WAITER_WAIT;
}

static const struct waiter_kind waiter_kind = {
    .name = "a request",
    .advance = advance,
    .wait = transfer_waiter_wait,
    .end = end,
};

#if LUA_VERSION_NUM < 503
/* For lua/rollcall/internal/lua_versions.lua, which steps on where C cannot go on after a yield. */
static int post_step(lua_State *L) {
    return waiter_step(L, luaL_checkudata(L, 1, METATABLE));
}
#endif

static int post_close(lua_State *L) {
    waiter_close(L, luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static int post_gc(lua_State *L) {
    waiter_end(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

/* [-0, +0, v] Reads the arguments at 2 into the POST at 1, whose user values keep them. */
static void read_arguments(lua_State *L, struct post *post, struct transfer_settings *settings) {
    settings_read(L, 2, settings, &post->policy);
    settings_read_secrets(L, 2, &post->secrets);
    post->base_url = settings->base_url;
    post->body = option_needed_text(L, 2, "body");
    post->path = option_needed_text(L, 2, "path");
    post->query = session_query_of(L, 2);
    credential_read(L, 2, &post->credentials);
    settings->fresh = post->kind->acts;
    if (post->kind->acts) {
        settings_read_authorization(L, 2, &post->authorization);
        settings_check_credentials(L, &post->authorization);
        post->action = option_needed_text(L, 2, "action");
    }
    lua_pushvalue(L, 2);
    lua_setiuservalue(L, 1, POST_ARGUMENTS);
    lua_getfield(L, 2, "decode");
    lua_setiuservalue(L, 1, POST_DECODE);
}

int post_send(lua_State *L, const struct post_kind *kind) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct transfer_loop *loop = connection_pool_of(L, 1);
    struct post *post = lua_newuserdatauv(L, sizeof *post, POST_USER_VALUES);
    memset(post, 0, sizeof *post);
    post->kind = kind;
    waiter_begin(&post->base.waiter, &waiter_kind);
    luaL_setmetatable(L, METATABLE);
    lua_insert(L, 1);
    lua_toclose(L, 1);
    struct transfer_settings settings;
    read_arguments(L, post, &settings);
    if (lua_getfield(L, 2, "query") == LUA_TUSERDATA)
        lua_getiuservalue(L, -1, WAITER_ON_WAIT);
    transfer_waiter_open(L, &post->base, loop, post->query);
    if (!transfer_open(&post->request.transfer, loop, &post->base.finished, &settings))
        return luaL_error(L, "libcurl refuses the settings, or there is not enough memory");
    int64_t now = waiter_now(&post->base.waiter);
    request_begin(&post->request, &post->policy, now, now);
    return waiter_step(L, &post->base.waiter);
}

void post_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", post_gc},
        {"__close", post_close},
#if LUA_VERSION_NUM < 503
        {"__call", post_step},
#endif
        {NULL, NULL},
    };
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, metamethods, 0);
    lua_pop(L, 1);
}
