#include "workspace/lua_connection_pool.h"

#include <lauxlib.h>

#define METATABLE "rollcall.connections"

struct connections {
    struct transfer_loop *loop; /* NULL once it is closed */
};

int connections_new(lua_State *L) {
    struct connections *connections = lua_newuserdatauv(L, sizeof *connections, 0);
    connections->loop = NULL;
    luaL_setmetatable(L, METATABLE);
    connections->loop = transfer_loop_new();
    if (!connections->loop)
        return luaL_error(L, "not enough memory");
    return 1;
}

static int connections_close(lua_State *L) {
    struct connections *connections = luaL_checkudata(L, 1, METATABLE);
    struct transfer_loop *loop = connections->loop;
    connections->loop = NULL;
    transfer_loop_release(loop);
    return 0;
}

static int connections_tostring(lua_State *L) {
    const struct connections *connections = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "rollcall.connections (%s)", connections->loop ? "open" : "closed");
    return 1;
}

struct transfer_loop *connections_of(lua_State *L, int index) {
    lua_getfield(L, index, "connections");
    const struct connections *connections = luaL_testudata(L, -1, METATABLE);
    if (!connections)
        luaL_error(L, "connections is missing");
    else if (!connections->loop)
        luaL_error(L, "the client is closed");
    lua_pop(L, 1);
    return connections ? connections->loop : NULL;
}

void connections_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", connections_close},
        {"__close", connections_close},
        {"__tostring", connections_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"close", connections_close}, {NULL, NULL}};
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, metamethods, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
