#include "failure.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>

#include "status.h"

#define METATABLE "rollcall.failure"

void failure_set(struct failure *failure, const char *stage, uint32_t status, const char *detail) {
    const char *name = status_name(status);
    const char *text = status_text(status);
    failure->stage = stage;
    failure->name = name ? name : "unknown status";
    failure->code = status;
    if (!text)
        text = "the server answered with a status that is not known here";
    snprintf(failure->message, sizeof failure->message, "%s%s%s", text, detail[0] ? ": " : "",
             detail);
}

void failure_push(lua_State *L, const struct failure *failure, const char *source,
                  const char *target) {
    lua_createtable(L, 0, 6);
    lua_pushstring(L, source);
    lua_setfield(L, -2, "source");
    lua_pushstring(L, target);
    lua_setfield(L, -2, "target");
    lua_pushstring(L, failure->stage);
    lua_setfield(L, -2, "stage");
    lua_pushinteger(L, failure->code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, failure->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, failure->message);
    lua_setfield(L, -2, "message");
    luaL_setmetatable(L, METATABLE);
}

/* [-0, +0, m] */
static void set_known_text(lua_State *L, const char *name, const char *text) {
    if (text[0]) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, name);
    }
}

void failure_push_http(lua_State *L, const struct http_failure *failure, const char *target) {
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
    luaL_setmetatable(L, METATABLE);
    lua_remove(L, user_name);
}

int failure_new(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, METATABLE);
    return 1;
}

/* target: stage: message (name or status, and code) */
static int failure_tostring(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "target");
    lua_getfield(L, 1, "stage");
    lua_getfield(L, 1, "message");
    if (lua_getfield(L, 1, "name") == LUA_TNIL) {
        lua_pop(L, 1);
        lua_getfield(L, 1, "status");
    }
    lua_getfield(L, 1, "code");
    bool named = !lua_isnil(L, 5);
    lua_pushfstring(L, "%s: %s: %s (%s%s%s)", luaL_tolstring(L, 2, NULL),
                    luaL_tolstring(L, 3, NULL), luaL_tolstring(L, 4, NULL),
                    named ? luaL_tolstring(L, 5, NULL) : "", named ? " " : "",
                    luaL_tolstring(L, 6, NULL));
    return 1;
}

void failure_register(lua_State *L) {
    luaL_newmetatable(L, METATABLE);
    lua_pushcfunction(L, failure_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, METATABLE);
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);
}
