/* The open connections of a Workspace client, as a Lua object. */
#ifndef ROLLCALL_LUA_CONNECTION_POOL_H
#define ROLLCALL_LUA_CONNECTION_POOL_H

#include <lua.h>

#include "workspace/http/loop.h"

/* Lua: rollcall.workspace.core.connection_pool, see lua/rollcall/meta/workspace_core.lua. */
int connection_pool_new(lua_State *L);

/* [-0, +0, v] The loop of the field `connection_pool` of the table at `index`; raises if it is
 * closed. */
struct transfer_loop *connection_pool_of(lua_State *L, int index);

/* [-0, +0, m] */
void connection_pool_register(lua_State *L);

#endif
