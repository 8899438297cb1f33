/* The ledger of logons of a Lua state, which all of its iterators and handles share. */
#ifndef ROLLCALL_LUA_LOGON_H
#define ROLLCALL_LUA_LOGON_H

#include <lua.h>

#include "smb/logon_ledger.h"

/* [-0, +0, v] As ledger_of. */
struct credential_ledger *logon_ledger_of(lua_State *L);

/* [-0, +0, m] As ledger_register. */
void logon_ledger_register(lua_State *L);

#endif
