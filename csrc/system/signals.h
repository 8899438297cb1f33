/* What a command that runs until a signal stops it needs: to notice the signal, and to sleep. */
#ifndef ROLLCALL_SIGNALS_H
#define ROLLCALL_SIGNALS_H

#include <lua.h>

/* Lua: rollcall.system.catch_signals, .note_interrupt, .caught_signal and .sleep, see
 * lua/rollcall/meta/system.lua. */
int signals_catch(lua_State *L);
int signals_note_interrupt(lua_State *L);
int signals_caught(lua_State *L);
int signals_sleep(lua_State *L);

#endif
