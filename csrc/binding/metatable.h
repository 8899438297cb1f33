/* The metatable of a kind of userdata that has methods. */
#ifndef ROLLCALL_METATABLE_H
#define ROLLCALL_METATABLE_H

#include <lauxlib.h>

/* [-0, +0, m] Makes it; luaL_setmetatable finds it by its name. */
void metatable_register(lua_State *L, const char *name, const luaL_Reg *metamethods,
                        const luaL_Reg *methods);

#endif
