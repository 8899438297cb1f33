#define _GNU_SOURCE

#include "smb/worker_path.h"

#include <dlfcn.h>
#include <lauxlib.h>
#include <string.h>

static const char program[] = "smbpipe";

const char *worker_program(lua_State *L) {
    static const char key = 0;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
        Dl_info library;
        if (!dladdr(&key, &library) || !library.dli_fname)
            luaL_error(L, "cannot find the folder of this library");
        const char *slash = strrchr(library.dli_fname, '/');
        int folder = slash ? (int)(slash - library.dli_fname) : 1;
        lua_pop(L, 1);
        lua_pushlstring(L, slash ? library.dli_fname : ".", (size_t)folder);
        lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), program);
        lua_remove(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
    }
    const char *path = lua_tostring(L, -1);
    lua_pop(L, 1);
    return path;
}
