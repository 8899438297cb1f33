/* Interrupts of a wait that Lua code cannot see. */
#ifndef ROLLCALL_INTERRUPT_H
#define ROLLCALL_INTERRUPT_H

#include <lua.h>

/* [-0, +0, e] Gives a hook that was set by a signal handler its turn, as Lua's own interpreter
 * sets one at an interrupt. To be called when a wait was interrupted. */
void interrupt_run_hook(lua_State *L);

#endif
