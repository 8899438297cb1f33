/* Calls a Lua function with a bound on the instructions, the memory and the time it may take. */
#ifndef ROLLCALL_LIMITS_H
#define ROLLCALL_LIMITS_H

#include <lua.h>

/* confine(instructions, bytes, f, ...): true, the bytes allocated over those freed, and the results
 * of f(...); or false, the bytes and a message. [-n, +r, v] */
int confine_call(lua_State *L);

#endif
