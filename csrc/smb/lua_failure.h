/* A failed link as an error object. */
#ifndef ROLLCALL_LUA_FAILURE_H
#define ROLLCALL_LUA_FAILURE_H

#include <lua.h>

#include "smb/link_failure.h"

/* [-0, +1, m] Pushes the failure as an error object about the server `servername`. */
void link_failure_push(lua_State *L, const struct link_failure *failure, const char *servername);

#endif
