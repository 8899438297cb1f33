/* luaopen_rollcall_core: what Lua sees of the C code, and nothing else. Every name here has its
 * entry in lua/rollcall/meta/core.lua. */
#include <lauxlib.h>
#include <lua.h>

#include "calls.h"
#include "confine.h"
#include "enumeration.h"
#include "export.h"
#include "failure.h"
#include "flat_object.h"
#include "private_file.h"
#include "replace_file.h"
#include "server.h"
#include "signals.h"
#include "terminal.h"
#include "wait.h"

EXPORT int luaopen_rollcall_core(lua_State *L);

int luaopen_rollcall_core(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"calls", calls_describe},
        {"enumerate", enumeration_enumerate},
        {"server", server_new},
        {"ask_password", terminal_ask_password},
        {"terminal_width", terminal_width},
        {"is_terminal", terminal_is_terminal},
        {"prepare_output", terminal_prepare_output},
        {"read_private_file", private_file_read},
        {"replace_file", replace_file},
        {"confine", confine_call},
        {"flat_object", flat_object_decode},
        {"catch_signals", signals_catch},
        {"caught_signal", signals_caught},
        {"sleep", signals_sleep},
        {"wait", wait_for},
        {NULL, NULL},
    };
    luaL_checkversion(L);
    failure_register(L);
    server_register(L);
    enumeration_register(L);
    luaL_newlib(L, functions);
    return 1;
}
