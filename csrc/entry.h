/* Entries of a page as Lua tables. */
#ifndef ROLLCALL_ENTRY_H
#define ROLLCALL_ENTRY_H

#include <lua.h>
#include <stdbool.h>

#include "srvsvc.h"

/* [-0, +(0|1), m] Pushes the page's next entry as a table, with what the target at `target` says
 * of every entry; returns false and pushes nothing after the last. */
bool entry_push(lua_State *L, struct srvsvc_page *page, int target);

#endif
