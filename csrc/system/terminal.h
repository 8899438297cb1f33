/* The terminal, where the command runs on one. */
#ifndef ROLLCALL_TERMINAL_H
#define ROLLCALL_TERMINAL_H

#include <lua.h>

/* Lua: rollcall.system.ask_password and .terminal_width, see lua/rollcall/meta/system.lua. */
int terminal_ask_password(lua_State *L);
int terminal_width(lua_State *L);

/* Lua: rollcall.system.is_terminal, see lua/rollcall/meta/system.lua. */
int terminal_is_terminal(lua_State *L);

/* Lua: rollcall.system.prepare_streams, see lua/rollcall/meta/system.lua. */
int terminal_prepare_streams(lua_State *L);

#endif
