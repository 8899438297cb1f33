/* AK/SK signing for Lua. */
#ifndef ROLLCALL_LUA_SIGN_H
#define ROLLCALL_LUA_SIGN_H

#include <lua.h>

/* Lua: rollcall.workspace.core.sign, see lua/rollcall/meta/workspace_core.lua. */
int signing_sign(lua_State *L);

#endif
