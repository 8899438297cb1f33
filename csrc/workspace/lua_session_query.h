/* The query of many users' sessions as a Lua iterator. */
#ifndef ROLLCALL_LUA_SESSION_QUERY_H
#define ROLLCALL_LUA_SESSION_QUERY_H

#include <lua.h>

/* Lua: rollcall.workspace.core.query_sessions, see lua/rollcall/meta/workspace_core.lua. */
int session_query_new(lua_State *L);

/* [-0, +0, m] */
void session_query_register(lua_State *L);

#endif
