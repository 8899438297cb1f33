/* A token from IAM. */
#ifndef ROLLCALL_LUA_TOKEN_H
#define ROLLCALL_LUA_TOKEN_H

#include <lua.h>

/* Lua: rollcall.workspace.core.fetch_token, see lua/rollcall/meta/workspace_core.lua. */
int token_fetch(lua_State *L);

#endif
