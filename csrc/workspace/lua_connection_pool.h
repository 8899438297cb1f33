/* The open connections of a Workspace client, as a Lua object. */
#ifndef ROLLCALL_LUA_CONNECTION_POOL_H
#define ROLLCALL_LUA_CONNECTION_POOL_H

#include <lua.h>

#include "workspace/http/loop.h"

/* Lua: rollcall.workspace.core.connections, see lua/rollcall/meta/workspace_core.lua. */
int connections_new(lua_State *L);

/* [-0, +0, v] The loop of the field `connections` of the table at `index`; raises if it is closed.
 */
struct transfer_loop *connections_of(lua_State *L, int index);

/* [-0, +0, m] */
void connections_register(lua_State *L);

#endif
