/* The library of a sandbox. */
#ifndef ROLLCALL_SANDBOX_LIBRARY_H
#define ROLLCALL_SANDBOX_LIBRARY_H

#include <lua.h>

/* [-0, +0, m] Puts the library into the table at the top. */
void sandbox_add_library(lua_State *guest);

#endif
