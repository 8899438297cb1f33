/* Lua's patterns, with every step of the matching counted against a sandbox's instructions: so a
 * pattern takes no longer than what is left of them, whatever it is and whatever it is given. */
#ifndef ROLLCALL_PATTERNS_H
#define ROLLCALL_PATTERNS_H

#include <lua.h>

/* [-0, +0, m] Puts find, match, gmatch and gsub into the table at the top. */
void patterns_add(lua_State *guest);

#endif
