/* luaopen_rollcall_system: what the command and the reports need of the operating system, and
 * nothing else. A library of its own, so that who only asks servers loads none of it. Every name
 * here has its entry in lua/rollcall/meta/system.lua. */
#include <lauxlib.h>
#include <lua.h>
#include <string.h>

#include "base/clock.h"
#include "binding/export.h"
#include "system/audit_file.h"
#include "system/broken_pipe.h"
#include "system/flat_object.h"
#include "system/output_file.h"
#include "system/poller.h"
#include "system/private_file.h"
#include "system/running_command.h"
#include "system/sandbox.h"
#include "system/screen.h"
#include "system/signals.h"
#include "system/terminal.h"
#include "system/user_name.h"
#include "system/watchdog.h"

EXPORT int luaopen_rollcall_system(lua_State *L);

/* text_less(a, b): as `a < b`, but by bytes, whatever the locale. [-2, +1, e] */
static int text_less(lua_State *L) {
    size_t a_length, b_length;
    const char *a = luaL_checklstring(L, 1, &a_length);
    const char *b = luaL_checklstring(L, 2, &b_length);
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    lua_pushboolean(L, order < 0 || (order == 0 && a_length < b_length));
    return 1;
}

/* clock(): seconds of a clock that only goes forward. [-0, +1, -] */
static int monotonic_clock(lua_State *L) {
    lua_pushnumber(L, (lua_Number)clock_now() / 1000);
    return 1;
}

int luaopen_rollcall_system(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"ask_password", terminal_ask_password},
        {"terminal_width", terminal_width},
        {"is_terminal", terminal_is_terminal},
        {"prepare_streams", terminal_prepare_streams},
        {"read_private_file", private_file_read},
        {"output_file", output_file_new},
        {"audit_file", audit_file_new},
        {"user_name", user_name_get},
#if LUA_VERSION_NUM >= 503
        {"run_sandboxed", sandbox_run},
        {"end_stuck_calls", watchdog_start},
#endif
        {"flat_object_decoder", flat_object_decoder},
        {"catch_signals", signals_catch},
        {"note_interrupt", signals_note_interrupt},
        {"caught_signal", signals_caught},
        {"with_broken_pipes", broken_pipe_call},
        {"text_less", text_less},
        {"clock", monotonic_clock},
        {"sleep", signals_sleep},
        {"poller", poller_new},
        {"wait", poller_wait_for},
        {"start_command", running_command_start},
        {"screen", screen_new},
        {NULL, NULL},
    };
    luaL_checkversion(L);
    audit_file_register(L);
    output_file_register(L);
    poller_register(L);
    running_command_register(L);
    screen_register(L);
    luaL_newlib(L, functions);
    return 1;
}
