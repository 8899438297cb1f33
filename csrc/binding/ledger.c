#include "binding/ledger.h"

#include <lauxlib.h>

#include "binding/failure.h"

static int free_ledger(lua_State *L) {
    struct credential_ledger **ledger = lua_touserdata(L, 1);
    credential_ledger_free(*ledger);
    *ledger = NULL;
    return 0;
}

struct credential_ledger *ledger_of(lua_State *L, const void *key) {
    lua_rawgetp(L, LUA_REGISTRYINDEX, key);
    struct credential_ledger **ledger = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (!*ledger)
        failure_raise_text(L, "nothing can be asked while Lua is being closed");
    return *ledger;
}

void ledger_register(lua_State *L, const void *key, struct credential_ledger *(*make)(void)) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TNIL) {
        struct credential_ledger **ledger =
            lua_newuserdatauv(L, sizeof(struct credential_ledger *), 0);
        *ledger = NULL;
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, free_ledger);
        lua_setfield(L, -2, "__gc");
        lua_setmetatable(L, -2);
        *ledger = make();
        if (!*ledger)
            luaL_error(L, "not enough memory");
        lua_rawsetp(L, LUA_REGISTRYINDEX, key);
    }
    lua_pop(L, 1);
}
