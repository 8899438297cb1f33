/* The floor for making entries: an iterator in C whose tables have so many fields, all known
 * before. Lua: require "tables"(count, fields) returns a function that gives `count` tables. */
#include <lauxlib.h>
#include <lua.h>

static const char *const names[] = {"id",       "type",    "num_opens", "num_users",  "time",
                                    "username", "netname", "client",    "servername", "share"};

static int step(lua_State *L) {
    lua_Integer rest = lua_tointeger(L, lua_upvalueindex(1));
    int fields = (int)lua_tointeger(L, lua_upvalueindex(2));
    if (rest == 0)
        return 0;
    lua_pushinteger(L, rest - 1);
    lua_replace(L, lua_upvalueindex(1));
    lua_createtable(L, 0, fields);
    for (int i = 0; i < fields; i++) {
        if (i < 5)
            lua_pushinteger(L, rest + i);
        else
            lua_pushliteral(L, "user001");
        lua_setfield(L, -2, names[i]);
    }
    return 1;
}

static int tables(lua_State *L) {
    luaL_checkinteger(L, 1);
    luaL_checkinteger(L, 2);
    lua_settop(L, 2);
    lua_pushcclosure(L, step, 2);
    return 1;
}

int luaopen_tables(lua_State *L);

int luaopen_tables(lua_State *L) {
    lua_pushcfunction(L, tables);
    return 1;
}
