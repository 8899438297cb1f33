/* Files with secrets in them, which nobody else may read. */
#ifndef ROLLCALL_PRIVATE_FILE_H
#define ROLLCALL_PRIVATE_FILE_H

#include <lua.h>

/* Lua: rollcall.system.read_private_file, see lua/rollcall/meta/system.lua. */
int private_file_read(lua_State *L);

#endif
