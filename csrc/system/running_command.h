/* A command of the shell whose output is read as it comes, within a host's wait. It has no terminal
 * and no input, and what it has started ends with it. */
#ifndef ROLLCALL_RUNNING_COMMAND_H
#define ROLLCALL_RUNNING_COMMAND_H

#include <lua.h>

/* Lua: rollcall.system.start_command, see lua/rollcall/meta/system.lua. */
int running_command_start(lua_State *L);

/* [-0, +0, m] */
void running_command_register(lua_State *L);

#endif
