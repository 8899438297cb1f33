/* The table of calls, levels and fields, as Lua sees it. */
#ifndef ROLLCALL_CALLS_H
#define ROLLCALL_CALLS_H

#include <lua.h>

/* Lua: rollcall.core.calls, see lua/rollcall/meta/core.lua. */
int calls_describe(lua_State *L);

#endif
