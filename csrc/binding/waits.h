/* What an iterator waits for, told to a function of the caller's that waits instead: `on_wait`.
 * Such a function can wait for other things too, and, since it may yield, go on with them. */
#ifndef ROLLCALL_WAITS_H
#define ROLLCALL_WAITS_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

struct pollfd;

/* [-0, +1, m] Pushes the argument of an on_wait. `milliseconds` below 0 stands for no limit;
 * descriptors below 0 are left out. */
void waits_push(lua_State *L, const struct pollfd *polled, size_t count, int64_t milliseconds);

/* [-0, +0, -] Of the milliseconds that an on_wait took, those that it spent on something else than
 * waiting: it may say how many seconds it waited, and its answer is at the top of the stack. */
int64_t waits_away(lua_State *L, int64_t milliseconds);

#endif
