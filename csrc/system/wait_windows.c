#include "system/wait.h"

#include <lauxlib.h>
#include <windows.h>

#include "base/clock.h"

/* There are no descriptors to wait for, only a short time: see client_polled. */
int wait_for(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "timeout");
    luaL_argcheck(L, lua_isnumber(L, -1), 1, "there is nothing to wait for");
    lua_Number seconds = lua_tonumber(L, -1);
    luaL_argcheck(L, seconds >= 0, 1, "the timeout must be 0 or more seconds");
    int64_t began = clock_now();
    Sleep(seconds < 86400 ? (DWORD)(seconds * 1000) : 86400000);
    lua_pushnumber(L, (lua_Number)(clock_now() - began) / 1000);
    return 1;
}
