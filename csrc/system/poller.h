/* Waiting for what an on_wait gets, and for many such things at once. */
#ifndef ROLLCALL_SYSTEM_POLLER_H
#define ROLLCALL_SYSTEM_POLLER_H

#include <lua.h>

/* Lua: rollcall.system.poller and .wait, see lua/rollcall/meta/system.lua. */
int poller_new(lua_State *L);
int poller_wait_for(lua_State *L);

/* [-0, +0, m] */
void poller_register(lua_State *L);

#endif
