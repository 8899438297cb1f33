/* Signatures with AK and SK for Lua. */
#ifndef ROLLCALL_LUA_SIGNATURE_H
#define ROLLCALL_LUA_SIGNATURE_H

#include <lua.h>

/* Lua: rollcall.workspace.core.sign, see lua/rollcall/meta/workspace_core.lua. */
int signature_sign(lua_State *L);

#endif
