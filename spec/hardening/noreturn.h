/* What Lua's headers do not say and an analyser has to know: these never come back. Put in front of
 * every file that is analysed. */
#define _GNU_SOURCE /* as the files do that come after */

#include <lauxlib.h>
#include <lua.h>

__attribute__((noreturn)) LUA_API int(lua_error)(lua_State *L);
__attribute__((noreturn)) LUALIB_API int(luaL_error)(lua_State *L, const char *format, ...);
__attribute__((noreturn))
LUALIB_API int(luaL_argerror)(lua_State *L, int argument, const char *message);
