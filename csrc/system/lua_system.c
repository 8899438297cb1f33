/* luaopen_rollcall_system: what the command and the reports need of the operating system, and
 * nothing else. A library of its own, so that who only asks servers loads none of it. Every name
 * here has its entry in lua/rollcall/meta/system.lua. */
#include <lauxlib.h>
#include <lua.h>

#include "binding/export.h"
#include "system/flat_object.h"
#include "system/private_file.h"
#include "system/replace_file.h"
#include "system/sandbox.h"
#include "system/signals.h"
#include "system/terminal.h"
#include "system/wait.h"
#include "system/watchdog.h"

EXPORT int luaopen_rollcall_system(lua_State *L);

int luaopen_rollcall_system(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"ask_password", terminal_ask_password},
        {"terminal_width", terminal_width},
        {"is_terminal", terminal_is_terminal},
        {"prepare_output", terminal_prepare_output},
        {"read_private_file", private_file_read},
        {"replace_file", replace_file},
        {"run_sandboxed", sandbox_run},
        {"end_stuck_calls", watchdog_start},
        {"flat_object", flat_object_decode},
        {"catch_signals", signals_catch},
        {"caught_signal", signals_caught},
        {"sleep", signals_sleep},
        {"wait", wait_for},
        {NULL, NULL},
    };
    luaL_checkversion(L);
    luaL_newlib(L, functions);
    return 1;
}
