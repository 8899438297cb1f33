/* The query of many users' sessions as a Lua iterator. */
#ifndef ROLLCALL_LUA_SESSION_QUERY_H
#define ROLLCALL_LUA_SESSION_QUERY_H

#include <lua.h>

#include "workspace/lua_transfer_waiter.h"

/* Lua: rollcall.workspace.core.query_sessions, see lua/rollcall/meta/workspace_core.lua. */
int session_query_new(lua_State *L);

/* [-0, +0, v] The query in the field `query` of the table at `index`, or NULL. */
struct transfer_waiter *session_query_of(lua_State *L, int index);

/* [-0, +0, m] */
void session_query_register(lua_State *L);

#endif
