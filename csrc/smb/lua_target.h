/* A server to ask, as the Lua side describes it: a table that lua/rollcall/smb/target.lua makes and
 * checks. What it holds stands in lua/rollcall/meta/smb_core.lua, as rollcall.smb.core.target. */
#ifndef ROLLCALL_LUA_TARGET_H
#define ROLLCALL_LUA_TARGET_H

#include <lua.h>
#include <stdbool.h>

#include "smb/link.h"
#include "smb/logon_turn.h"

/* What a target is asked. */
struct query {
    const struct net_enum_call *call;
    const struct net_enum_level *level;
    bool best; /* the richest level that the server knows, from `level` on */
    uint32_t preferred_maximum_length;
    uint32_t resume_handle;
};

/* [-0, +0, v] Reads the query of the target at `index`. */
void target_read_query(lua_State *L, int index, struct query *query);

/* Whether there is a poorer level to fall back to, which then is the query's. */
bool query_fall_back(struct query *query);

/* [-0, +0, v] Milliseconds for all that the target at `index` is asked. */
int64_t target_read_deadline(lua_State *L, int index);

/* [-0, +0, v] Begins to open an interface of the target at `index`. False if nothing is opened,
 * since its credentials were refused before: `failure` says so. */
bool target_open(lua_State *L, int index, struct link *link,
                 const struct rpc_interface *rpc_interface, int64_t now,
                 struct credential_ledger *ledger, struct logon_turn *turn,
                 struct link_failure *failure);

/* [-0, +0, v] Begins the call for the target at `index`. */
void target_call(lua_State *L, int index, struct link *link, const struct query *query,
                 int64_t now);

/* Takes the answer to the query over. False if it is malformed or the server's status is neither
 * success nor ERROR_MORE_DATA: then `failure` says so. */
bool target_take_page(struct link *link, const struct query *query, struct link_page *page,
                      struct link_failure *failure);

/* [-0, +0, m] ServerName of the calls for the target at `index`, which keeps the text. */
struct net_enum_text target_unc(lua_State *L, int index);

/* As target_take_page, of a call that says nothing but a status. */
bool target_take_status(struct link *link, const struct status_call *call,
                        struct link_failure *failure);

/* [-0, +1, v] Pushes the failure as an error object about the target at `index`. */
void target_push_failure(lua_State *L, int index, const struct link_failure *failure);

#endif
