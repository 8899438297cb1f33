/* luaopen_rollcall_smb_core: what Lua sees of the C code that asks SMB servers, and nothing else.
 * Every name here has its entry in lua/rollcall/meta/smb_core.lua. */
#include <lauxlib.h>
#include <lua.h>

#include "binding/export.h"
#include "binding/failure.h"
#include "smb/lua_calls.h"
#include "smb/lua_enumeration.h"
#include "smb/lua_logon.h"
#include "smb/lua_server.h"
#include "smb/worker_path.h"

EXPORT int luaopen_rollcall_smb_core(lua_State *L);

int luaopen_rollcall_smb_core(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"calls", calls_describe},
        {"enumerate", enumeration_enumerate},
        {"failure", failure_new},
        {"server", server_new},
        {NULL, NULL},
    };
    luaL_checkversion(L);
    if (!worker_path())
        return luaL_error(L, "the folder of this library cannot be found");
    failure_register(L);
    logon_ledger_register(L);
    server_register(L);
    enumeration_register(L);
    luaL_newlib(L, functions);
    return 1;
}
