/* SMB enumerations over many servers, as Lua iterators. */
#ifndef ROLLCALL_ENUMERATION_H
#define ROLLCALL_ENUMERATION_H

#include <lua.h>

/* Lua: rollcall.core.enumerate, see lua/rollcall/meta/core.lua. */
int enumeration_enumerate(lua_State *L);

/* [-0, +0, m] */
void enumeration_register(lua_State *L);

#endif
