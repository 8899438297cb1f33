/* The ledger of credentials of a Lua state, which all that is made in it by a library shares. */
#ifndef ROLLCALL_LEDGER_H
#define ROLLCALL_LEDGER_H

#include <lua.h>

#include "base/credential_ledger.h"

/* [-0, +0, v] The one that was registered by this address. Lives as long as the state, and longer
 * than what was made in it later. */
struct credential_ledger *ledger_of(lua_State *L, const void *key);

/* [-0, +0, m] Makes it, if it is not there yet. */
void ledger_register(lua_State *L, const void *key, struct credential_ledger *(*make)(void));

#endif
