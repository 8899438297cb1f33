/* What a command that runs until it is told to stop needs: to notice the signal, and to sleep. */
#ifndef ROLLCALL_SIGNALS_H
#define ROLLCALL_SIGNALS_H

#include <lua.h>

/* catch_signals(): SIGTERM, SIGINT and SIGHUP end nothing from now on, and are noted. [-0, +0, v]
 */
int signals_catch(lua_State *L);

/* caught_signal(): the number of the first signal that was noted, or nil. [-0, +1, -] */
int signals_caught(lua_State *L);

/* sleep(seconds): false if a signal has come, before or meanwhile. [-1, +1, v] */
int signals_sleep(lua_State *L);

#endif
