/* AK/SK signing for Lua. */
#ifndef ROLLCALL_SIGNING_H
#define ROLLCALL_SIGNING_H

#include <lua.h>

/* Lua: rollcall.workspace.core.sign, see lua/rollcall/meta/workspace_core.lua. */
int signing_sign(lua_State *L);

#endif
