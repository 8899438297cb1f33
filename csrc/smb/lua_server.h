/* A server handle: one logon, and a pipe that stays open over several calls. */
#ifndef ROLLCALL_LUA_SERVER_H
#define ROLLCALL_LUA_SERVER_H

#include <lua.h>

#include "smb/link.h"

/* Lua: rollcall.smb.core.server, see lua/rollcall/meta/smb_core.lua. */
int server_new(lua_State *L);

/* [-0, +0, v] The link of the open server handle at `index`; it lives as long as the handle. */
struct link *server_link(lua_State *L, int index);

/* [-0, +0, m] */
void server_register(lua_State *L);

#endif
