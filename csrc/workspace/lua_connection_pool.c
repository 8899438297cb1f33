#include "workspace/lua_connection_pool.h"

#include <lauxlib.h>
#include <string.h>

#include "binding/failure.h"
#include "binding/metatable.h"
#include "workspace/http/transfer.h"
#include "workspace/lua_act.h"
#include "workspace/lua_service_door.h"

struct connection_pool {
    const struct service_door *door; /* the first member, for another library */
    struct transfer_loop *loop;      /* NULL once it is closed */
};

int connection_pool_new(lua_State *L) {
    struct connection_pool *pool = lua_newuserdatauv(L, sizeof *pool, 0);
    pool->door = &service_door;
    pool->loop = NULL;
    luaL_setmetatable(L, CONNECTION_POOL_METATABLE);
    int error = transfer_loop_new(&pool->loop, transfer_finish);
    if (!error)
        return 1;
    /* No place in a script is at fault. */
    lua_pushfstring(L, "no connection can be waited for: %s", strerror(error));
    return lua_error(L);
}

static int connection_pool_close(lua_State *L) {
    struct connection_pool *pool = luaL_checkudata(L, 1, CONNECTION_POOL_METATABLE);
    struct transfer_loop *loop = pool->loop;
    pool->loop = NULL;
    transfer_loop_release(loop);
    return 0;
}

static int connection_pool_tostring(lua_State *L) {
    const struct connection_pool *pool = luaL_checkudata(L, 1, CONNECTION_POOL_METATABLE);
    lua_pushfstring(L, "rollcall.connection_pool (%s)", pool->loop ? "open" : "closed");
    return 1;
}

struct transfer_loop *connection_pool_of(lua_State *L, int index) {
    lua_getfield(L, index, "connection_pool");
    const struct connection_pool *pool = luaL_testudata(L, -1, CONNECTION_POOL_METATABLE);
    if (!pool)
        luaL_error(L, "connection_pool is missing");
    else if (!pool->loop)
        failure_raise_text(L, "the client is closed");
    lua_pop(L, 1);
    return pool ? pool->loop : NULL;
}

void connection_pool_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", connection_pool_close},
        {"__close", connection_pool_close},
        {"__tostring", connection_pool_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"close", connection_pool_close}, {NULL, NULL}};
    metatable_register(L, CONNECTION_POOL_METATABLE, metamethods, methods);
}
