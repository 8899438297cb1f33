#include "workspace/lua_token.h"

#include "workspace/lua_post.h"

#define CREATED 201

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

/* [-0, +2, e] Pushes the token and when it expires. */
static int push_token(lua_State *L, struct post *post, int object, struct http_failure *failure,
                      const struct answer_problem *problem) {
    bool readable = lua_istable(L, object);
    if (problem && failure->status == CREATED)
        http_failure_set(failure, problem->code, problem->message);
    if (failure->status == CREATED && readable) {
        const char *token = transfer_header(&post->request.transfer, "X-Subject-Token");
        if (is_token(token)) {
            credential_use_accept(&post->credentials, post->tried);
            lua_pushstring(L, token);
            push_expiry(L, object);
            return 2;
        }
        http_failure_set(failure, "NO_TOKEN", "the answer has no token in X-Subject-Token");
    } else if (readable) {
        answer_read_failure(L, object, failure, &post->secrets);
    }
    post_fail(L, post, failure);
    return 0;
}

int token_fetch(lua_State *L) {
    static const struct post_kind kind = {
        .stage = "token",
        .content_type = "application/json;charset=utf8",
        .push_results = push_token,
    };
    return post_send(L, &kind);
}
