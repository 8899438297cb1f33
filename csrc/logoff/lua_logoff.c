/* luaopen_rollcall_workspace_closing: the call that ends sessions of Huawei Cloud Workspace, and
 * nothing else. A library of its own, so that who only looks loads nothing that can act. The
 * connections and the credentials are those of rollcall.workspace.core. Every name here has its
 * entry in lua/rollcall/meta/workspace_closing.lua. */
#include <lauxlib.h>
#include <lua.h>

#include "binding/export.h"
#include "workspace/lua_service_door.h"

EXPORT int luaopen_rollcall_workspace_closing(lua_State *L);

/* logoff(request) [-0, +0, e] */
static int closing_logoff(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "connection_pool");
    const struct service_door *const *pool = luaL_testudata(L, 2, CONNECTION_POOL_METATABLE);
    if (!pool)
        return luaL_error(L, "connection_pool is missing");
    if ((*pool)->version != SERVICE_DOOR_VERSION)
        return luaL_error(
            L, "rollcall.workspace.closing and rollcall.workspace.core are of different versions");
    lua_getfield(L, 1, "project_id");
    lua_pushfstring(L, "/v1/%s/session/logoff", luaL_checkstring(L, 3));
    lua_setfield(L, 1, "path");
    lua_pushliteral(L, "workspace:session:logoffUserSession");
    lua_setfield(L, 1, "action");
    (*pool)->act(L);
    return 0;
}

int luaopen_rollcall_workspace_closing(lua_State *L) {
    static const luaL_Reg functions[] = {{"logoff", closing_logoff}, {NULL, NULL}};
    luaL_checkversion(L);
    luaL_newlib(L, functions);
    return 1;
}
