/* The table of calls, levels and fields, as Lua sees it. */
#ifndef ROLLCALL_LUA_CALLS_H
#define ROLLCALL_LUA_CALLS_H

#include <lua.h>

/* Lua: rollcall.smb.core.calls, see lua/rollcall/meta/smb_core.lua. */
int calls_describe(lua_State *L);

#endif
