/* SMB enumerations over many servers, as Lua iterators. */
#ifndef ROLLCALL_LUA_ENUMERATION_H
#define ROLLCALL_LUA_ENUMERATION_H

#include <lua.h>

/* Lua: rollcall.smb.core.enumerate, see lua/rollcall/meta/smb_core.lua. */
int enumeration_enumerate(lua_State *L);

/* [-0, +0, m] */
void enumeration_register(lua_State *L);

#endif
