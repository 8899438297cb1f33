#include "system/user_name.h"

#include <windows.h>
/* after windows.h */
#include <lmcons.h>

int user_name_get(lua_State *L) {
    wchar_t name[UNLEN + 1];
    char utf8[3 * (UNLEN + 1)];
    DWORD length = UNLEN + 1;
    if (GetUserNameW(name, &length) &&
        WideCharToMultiByte(CP_UTF8, 0, name, -1, utf8, sizeof utf8, NULL, NULL) > 0)
        lua_pushstring(L, utf8);
    else
        lua_pushnil(L);
    return 1;
}
