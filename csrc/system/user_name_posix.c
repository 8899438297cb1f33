#define _GNU_SOURCE

#include "system/user_name.h"

#include <pwd.h>
#include <unistd.h>

int user_name_get(lua_State *L) {
    struct passwd entry, *found = NULL;
    char buffer[4096];
    uid_t user = geteuid();
    if (getpwuid_r(user, &entry, buffer, sizeof buffer, &found) == 0 && found) {
        lua_pushstring(L, found->pw_name);
    } else {
        lua_pushinteger(L, user);
        lua_pushfstring(L, "uid %s", lua_tostring(L, -1));
    }
    return 1;
}
