#include "system/replace_file.h"

#include <lauxlib.h>
#include <windows.h>

/* The names are what io.open takes, so they are in the program's own character set. */
int replace_file(lua_State *L) {
    const char *from = luaL_checkstring(L, 1);
    const char *to = luaL_checkstring(L, 2);
    if (MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    DWORD error = GetLastError();
    lua_pushnil(L);
    lua_pushfstring(L, "%s: cannot be replaced (error %d of Windows)", to, (int)error);
    return 2;
}
