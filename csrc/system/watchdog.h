/* The last resort of a command: a call into a sandbox that nothing stops ends the process. */
#ifndef ROLLCALL_WATCHDOG_H
#define ROLLCALL_WATCHDOG_H

#include <lua.h>

/* What was watched before. */
struct watched {
    const char *label;
};

/* [-0, +0, -] From here on a call is under way. The label must live as long. */
struct watched watchdog_enter(const char *label);

void watchdog_leave(struct watched before);

/* Lua: end_stuck_calls(seconds): from now on a call that takes so long ends the process with the
 * exit code 3, and a line on standard error with the call's label. [-1, +0, v] */
int watchdog_start(lua_State *L);

/* watchdog_posix.c, watchdog_windows.c */

/* Has watchdog_tick called every second. */
void watchdog_start_ticking(lua_State *L);

/* Called asynchronously. */
void watchdog_tick(void);

/* Writes to standard error and ends the process at once. */
void watchdog_end_process(const char *message);

#endif
