#define _GNU_SOURCE

#include "system/user_name.h"

#include <pwd.h>
#include <unistd.h>

int user_name_get(lua_State *L) {
    struct passwd entry, *found = NULL;
    char buffer[4096];
    uid_t user = geteuid();
    if (getpwuid_r(user, &entry, buffer, sizeof buffer, &found) == 0 && found)
        lua_pushstring(L, found->pw_name);
    else
        lua_pushfstring(L, "uid %I", (LUAI_UACINT)user);
    return 1;
}
