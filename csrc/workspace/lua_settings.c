#include "workspace/lua_settings.h"

#include <lauxlib.h>
#include <limits.h>
#include <string.h>

#include "binding/options.h"

void settings_read(lua_State *L, int index, struct transfer_settings *settings,
                   struct request_policy *policy) {
    lua_getfield(L, index, "plain");
    settings->plain = lua_toboolean(L, -1);
    settings->fresh = false;
    lua_pop(L, 1);
    settings->base_url = option_needed_text(L, index, "base_url");
    settings->ca_file = option_text(L, index, "ca_file");
    settings->proxy = option_text(L, index, "proxy");
    settings->connect_timeout_milliseconds =
        (long)option_integer(L, index, "connect_timeout_milliseconds", 10000, INT_MAX);
    settings->body_limit = (size_t)option_integer(L, index, "max_body", 1 << 22, 1 << 30);
    policy->timeout = option_integer(L, index, "timeout_milliseconds", 30000, INT_MAX);
    policy->deadline = option_integer(L, index, "deadline_milliseconds", 120000, INT_MAX);
    policy->retries = (unsigned)option_integer(L, index, "retries", 3, 100);
}

void settings_read_secrets(lua_State *L, int index, struct secrets *secrets) {
    memset(secrets, 0, sizeof *secrets);
    if (lua_getfield(L, index, "secrets") == LUA_TTABLE)
        for (int i = 0; i < PLAIN_TEXT_SECRETS; i++) {
            if (lua_rawgeti(L, -1, i + 1) == LUA_TSTRING)
                secrets->values[i] = lua_tostring(L, -1);
            lua_pop(L, 1);
        }
    lua_pop(L, 1);
}

void settings_read_authorization(lua_State *L, int index, struct authorization *authorization) {
    authorization->host = option_needed_text(L, index, "host");
    authorization->project_id = option_needed_text(L, index, "project_id");
    authorization->token = option_text(L, index, "token");
    authorization->access = option_text(L, index, "ak");
    authorization->secret = option_text(L, index, "sk");
    authorization->security_token = option_text(L, index, "security_token");
}

void settings_check_credentials(lua_State *L, const struct authorization *authorization) {
    if (!authorization->token && !(authorization->access && authorization->secret))
        luaL_error(L, "there are no credentials");
}
