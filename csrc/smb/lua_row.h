/* Entries of a page as Lua tables.
 *
 * What all entries of a page have in common, the names of their fields and what the target says of
 * them, is kept in upvalues of the C function that makes them: the quickest place to take a value
 * from, and a million entries take ten million of them. So these functions may be called only from
 * a C function that was pushed by row_push_closure. */
#ifndef ROLLCALL_LUA_ROW_H
#define ROLLCALL_LUA_ROW_H

#include <lua.h>
#include <stdbool.h>

#include "rpc/net_enum.h"

/* The upvalue that is the owner of the entries. */
#define ROW_OWNER lua_upvalueindex(1)

/* [-1, +1, m] Replaces the value on top by `function`, with it as ROW_OWNER, and the upvalues that
 * entries need, still empty. */
void row_push_closure(lua_State *L, lua_CFunction function);

/* [-0, +0, m] Prepares for the entries of a page at `level` from the target at `target`. Whether
 * they tell their level is for those who asked for the best one. */
void row_begin_page(lua_State *L, const struct net_enum_level *level, bool tells_level, int target);

/* [-0, +(0|1), m] Pushes the page's next entry as a table; returns false and pushes nothing after
 * the last. */
bool row_push(lua_State *L, struct net_enum_page *page);

#endif
