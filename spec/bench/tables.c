/* The floors for making entries: iterators in C that know everything before.
 * Lua: require "tables"(count, fields) returns a function that gives `count` tables of so many
 * constants. Without `fields` they are a connection's ten, of which two texts, ready as UTF-8 and a
 * thousand of each in turn as the mock server has them, become strings. */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>

#define TEXTS 1000

static const char *const names[] = {"id",       "type",    "num_opens", "num_users",  "time",
                                    "username", "netname", "client",    "servername", "share"};
enum { FIRST_NAME = 3 }; /* the upvalues behind count and fields */
enum { NUMBERS = 5, USERNAME = NUMBERS, NETNAME, CLIENT, FIELDS = 10 };
static char usernames[TEXTS][8], clients[TEXTS][8];

/* [-0, +0, -] How many tables are left, before this one. */
static lua_Integer count_down(lua_State *L) {
    lua_Integer rest = lua_tointeger(L, lua_upvalueindex(1));
    lua_pushinteger(L, rest - 1);
    lua_replace(L, lua_upvalueindex(1));
    return rest;
}

static int next_constants(lua_State *L) {
    lua_Integer rest = count_down(L);
    int fields = (int)lua_tointeger(L, lua_upvalueindex(2));
    if (rest == 0)
        return 0;
    lua_createtable(L, 0, fields);
    for (int i = 0; i < fields; i++) {
        if (i < NUMBERS)
            lua_pushinteger(L, rest + i);
        else
            lua_pushliteral(L, "user001");
        lua_setfield(L, -2, names[i]);
    }
    return 1;
}

/* [-0, +1, -] */
static void push_name(lua_State *L, int field) {
    lua_pushvalue(L, lua_upvalueindex(FIRST_NAME + field));
}

static int next_texts(lua_State *L) {
    lua_Integer rest = count_down(L);
    if (rest == 0)
        return 0;
    lua_createtable(L, 0, FIELDS);
    for (int i = 0; i < FIELDS; i++) {
        push_name(L, i);
        if (i < NUMBERS) {
            lua_pushinteger(L, rest + i);
        } else if (i == USERNAME) {
            lua_pushlstring(L, usernames[rest % TEXTS], sizeof "user001" - 1);
        } else if (i == NETNAME) {
            lua_pushlstring(L, clients[rest % TEXTS], sizeof "PC-001" - 1);
        } else if (i == CLIENT) {
            push_name(L, NETNAME);
            lua_rawget(L, -3);
        } else {
            push_name(L, USERNAME);
        }
        lua_rawset(L, -3);
    }
    return 1;
}

static int tables(lua_State *L) {
    luaL_checkinteger(L, 1);
    luaL_optinteger(L, 2, 0);
    lua_settop(L, 2);
    lua_CFunction next = lua_isnil(L, 2) ? next_texts : next_constants;
    for (int i = 0; i < FIELDS; i++)
        lua_pushstring(L, names[i]);
    lua_pushcclosure(L, next, 2 + FIELDS);
    return 1;
}

int luaopen_tables(lua_State *L);

int luaopen_tables(lua_State *L) {
    for (int i = 0; i < TEXTS; i++) {
        snprintf(usernames[i], sizeof usernames[i], "user%03d", i);
        snprintf(clients[i], sizeof clients[i], "PC-%03d", i);
    }
    lua_pushcfunction(L, tables);
    return 1;
}
