#include "system/broken_pipe.h"

/* A pipe without a reader is an error of the write anyway. */
int broken_pipe_call(lua_State *L) {
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}
