/* Who runs this process, as the operating system says, whatever the environment says. */
#ifndef ROLLCALL_USER_NAME_H
#define ROLLCALL_USER_NAME_H

#include <lua.h>

/* Lua: rollcall.system.user_name, see lua/rollcall/meta/system.lua. */
int user_name_get(lua_State *L);

#endif
