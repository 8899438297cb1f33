#include "failure.h"

#include <lauxlib.h>
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

/* target: stage: message (name code) */
static int failure_tostring(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "target");
    lua_getfield(L, 1, "stage");
    lua_getfield(L, 1, "message");
    lua_getfield(L, 1, "name");
    lua_getfield(L, 1, "code");
    lua_pushfstring(L, "%s: %s: %s (%s %s)", luaL_tolstring(L, 2, NULL), luaL_tolstring(L, 3, NULL),
                    luaL_tolstring(L, 4, NULL), luaL_tolstring(L, 5, NULL),
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
