/* The functions of a sandbox that take patterns. */
#ifndef ROLLCALL_SANDBOX_PATTERNS_H
#define ROLLCALL_SANDBOX_PATTERNS_H

#include <lua.h>

/* [-0, +0, m] Puts find, match, gmatch and gsub into the table at the top. */
void sandbox_add_patterns(lua_State *guest);

#endif
