/* Lua's hand on the full screen. */
#ifndef ROLLCALL_SCREEN_H
#define ROLLCALL_SCREEN_H

#include <lua.h>

/* Lua: rollcall.system.screen, see lua/rollcall/meta/system.lua. */
int screen_new(lua_State *L);

/* [-0, +0, m] */
void screen_register(lua_State *L);

#endif
