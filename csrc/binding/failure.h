/* The one error object, as Lua sees it: a table of what failed, which `tostring` makes a line of.
 */
#ifndef ROLLCALL_FAILURE_H
#define ROLLCALL_FAILURE_H

#include <lua.h>

/* [-0, +0, -] Makes the table at the top of the stack an error object. */
void failure_make(lua_State *L);

/* Lua: the function `failure` of both core libraries, see lua/rollcall/meta/smb_core.lua. */
int failure_new(lua_State *L);

/* [-0, +0, m] Makes the metatable of the error objects. */
void failure_register(lua_State *L);

/* [-0, +0, v] Raises a text alone. luaL_error would put a place before it, which is a line of ours
 * where a module of ours has called. */
int failure_raise_text(lua_State *L, const char *text);

#endif
