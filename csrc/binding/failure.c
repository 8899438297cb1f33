#include "binding/failure.h"

#include <lauxlib.h>
#include <stdbool.h>

#define METATABLE "rollcall.failure"

void failure_make(lua_State *L) {
    luaL_setmetatable(L, METATABLE);
}

int failure_new(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, METATABLE);
    return 1;
}

int failure_raise_text(lua_State *L, const char *text) {
    lua_pushstring(L, text);
    return lua_error(L);
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
