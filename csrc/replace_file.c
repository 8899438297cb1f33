#include "replace_file.h"

#include <lauxlib.h>
#include <stdio.h>

int replace_file(lua_State *L) {
    const char *from = luaL_checkstring(L, 1);
    const char *to = luaL_checkstring(L, 2);
    return luaL_fileresult(L, rename(from, to) == 0, to);
}
