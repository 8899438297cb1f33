/* Whose requests a client's are, in a table of arguments. */
#ifndef ROLLCALL_LUA_CREDENTIAL_H
#define ROLLCALL_LUA_CREDENTIAL_H

#include <lua.h>

#include "workspace/credential_use.h"

/* [-0, +0, v] Reads the fields `credential`, `retry_refused_milliseconds` and `name`. Its strings
 * are those of the table. */
void credential_read(lua_State *L, int index, struct credential_use *use);

/* A token that was got for the host, and another of which is got when it is refused. */
void credential_set_token(struct credential_use *use, const char *host, const char *token);

/* [-0, +0, m] Makes what the clients of a Lua state share. */
void credential_register(lua_State *L);

#endif
