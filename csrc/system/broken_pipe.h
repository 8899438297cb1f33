/* Writing to a pipe that may lose its reader. */
#ifndef ROLLCALL_BROKEN_PIPE_H
#define ROLLCALL_BROKEN_PIPE_H

#include <lua.h>

/* Lua: rollcall.system.with_broken_pipes, see lua/rollcall/meta/system.lua. */
int broken_pipe_call(lua_State *L);

#endif
