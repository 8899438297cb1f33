#include "smb/lua_logon.h"

#include <lauxlib.h>

static const char key = 0;

static int free_ledger(lua_State *L) {
    struct logon_ledger **ledger = lua_touserdata(L, 1);
    logon_ledger_free(*ledger);
    *ledger = NULL;
    return 0;
}

struct logon_ledger *logon_ledger_of(lua_State *L) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
    struct logon_ledger **ledger = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return *ledger;
}

void logon_ledger_register(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
        struct logon_ledger **ledger = lua_newuserdatauv(L, sizeof(struct logon_ledger *), 0);
        *ledger = NULL;
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, free_ledger);
        lua_setfield(L, -2, "__gc");
        lua_setmetatable(L, -2);
        *ledger = logon_ledger_new();
        if (!*ledger)
            luaL_error(L, "not enough memory");
        lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
    }
    lua_pop(L, 1);
}
