#include "workspace/lua_failure.h"

#include <lauxlib.h>
#include <stdio.h>

#include "binding/failure.h"

/* [-0, +0, m] */
static void set_known_text(lua_State *L, const char *name, const char *text) {
    if (text[0]) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, name);
    }
}

void http_failure_push(lua_State *L, const struct http_failure *failure, const char *target) {
    int user_name = lua_gettop(L);
    lua_createtable(L, 0, 8);
    lua_pushliteral(L, "workspace");
    lua_setfield(L, -2, "source");
    lua_pushvalue(L, user_name);
    lua_setfield(L, -2, "user_name");
    if (lua_isnil(L, user_name))
        lua_pushstring(L, target);
    else
        lua_pushvalue(L, user_name);
    lua_setfield(L, -2, "target");
    if (failure->status) {
        lua_pushinteger(L, failure->status);
        lua_setfield(L, -2, "status");
    }
    set_known_text(L, "stage", failure->stage);
    set_known_text(L, "code", failure->code);
    set_known_text(L, "message", failure->message);
    set_known_text(L, "request_id", failure->request_id);
    failure_make(L);
    lua_remove(L, user_name);
}

int http_failure_tell_refusal(lua_State *L) {
    struct http_failure failure = {0};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "status");
    failure.status = (long)lua_tointeger(L, -1);
    lua_getfield(L, 1, "code");
    if (lua_type(L, -1) == LUA_TSTRING)
        snprintf(failure.code, sizeof failure.code, "%s", lua_tostring(L, -1));
    lua_pushboolean(L, http_failure_is_refusal(&failure));
    return 1;
}
