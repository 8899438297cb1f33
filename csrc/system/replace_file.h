/* What os.rename does everywhere but on Windows. */
#ifndef ROLLCALL_REPLACE_FILE_H
#define ROLLCALL_REPLACE_FILE_H

#include <lua.h>

/* Lua: rollcall.system.replace_file, see lua/rollcall/meta/system.lua. */
int replace_file(lua_State *L);

#endif
