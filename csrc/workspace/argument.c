#include "argument.h"

#include <lauxlib.h>
#include <limits.h>
#include <string.h>

const char *argument_text(lua_State *L, int index, const char *name) {
    int type = lua_getfield(L, index, name);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "%s must be a string", name);
    size_t length = 0;
    const char *text = lua_tolstring(L, -1, &length);
    if (text && strlen(text) != length)
        luaL_error(L, "%s must not contain a zero byte", name);
    lua_pop(L, 1);
    return text;
}

const char *argument_needed_text(lua_State *L, int index, const char *name) {
    const char *text = argument_text(L, index, name);
    if (!text)
        luaL_error(L, "%s is missing", name);
    return text;
}

lua_Integer argument_integer(lua_State *L, int index, const char *name, lua_Integer otherwise,
                             lua_Integer limit) {
    int is_integer = true;
    lua_Integer value = otherwise;
    if (lua_getfield(L, index, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || value < 0 || value > limit)
        luaL_error(L, "%s must be an integer from 0 to %I", name, limit);
    lua_pop(L, 1);
    return value;
}

void argument_settings(lua_State *L, int index, struct transfer_settings *settings,
                       struct request_policy *policy) {
    lua_getfield(L, index, "plain");
    settings->plain = lua_toboolean(L, -1);
    lua_pop(L, 1);
    settings->base_url = argument_needed_text(L, index, "base_url");
    settings->ca_file = argument_text(L, index, "ca_file");
    settings->proxy = argument_text(L, index, "proxy");
    settings->connect_timeout_milliseconds =
        (long)argument_integer(L, index, "connect_timeout_milliseconds", 10000, INT_MAX);
    settings->body_limit = (size_t)argument_integer(L, index, "max_body", 1 << 22, 1 << 30);
    policy->timeout = argument_integer(L, index, "timeout_milliseconds", 30000, INT_MAX);
    policy->deadline = argument_integer(L, index, "deadline_milliseconds", 120000, INT_MAX);
    policy->retries = (unsigned)argument_integer(L, index, "retries", 3, 100);
}

void argument_secrets(lua_State *L, int index, struct secrets *secrets) {
    memset(secrets, 0, sizeof *secrets);
    if (lua_getfield(L, index, "secrets") == LUA_TTABLE)
        for (int i = 0; i < PLAIN_TEXT_SECRETS; i++) {
            if (lua_rawgeti(L, -1, i + 1) == LUA_TSTRING)
                secrets->values[i] = lua_tostring(L, -1);
            lua_pop(L, 1);
        }
    lua_pop(L, 1);
}
