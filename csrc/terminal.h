/* The terminal, where the command runs on one. */
#ifndef ROLLCALL_TERMINAL_H
#define ROLLCALL_TERMINAL_H

#include <lua.h>

/* Lua: rollcall.core.ask_password and .terminal_width, see lua/rollcall/meta/core.lua. */
int terminal_ask_password(lua_State *L);
int terminal_width(lua_State *L);

/* terminal_takes_errors(): whether standard error is a terminal. [-0, +1, -] */
int terminal_takes_errors(lua_State *L);

#endif
