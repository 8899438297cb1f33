/* What comes of a query's requests: sessions, failures, another attempt. */
#ifndef ROLLCALL_LUA_SESSION_OUTCOME_H
#define ROLLCALL_LUA_SESSION_OUTCOME_H

#include <lua.h>

#include "workspace/lua_session_slot.h"

/* [-0, +(0|n), e] Deals with a slot's transfer that is over: its sessions become ROWS, or its
 * failure is reported or raised, or another attempt is due. Returns WAITER_CALL, as a waiter's
 * `advance`, where a function of the caller is to be called, else WAITER_WAIT. The query stands at
 * index 1 of the stack. */
int session_outcome_take(lua_State *L, struct session_query *query, struct query_slot *slot,
                         struct waiter_wish *wish);

#endif
