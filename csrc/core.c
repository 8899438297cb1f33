/* luaopen_rollcall_core: what Lua sees of the C code, and nothing else. Every name here has its
 * entry in lua/rollcall/meta/core.lua. */
#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>

#include "connections.h"
#include "enumeration.h"
#include "failure.h"
#include "private_file.h"
#include "server.h"
#include "session_query.h"
#include "signing.h"
#include "terminal.h"
#include "token.h"

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

EXPORT int luaopen_rollcall_core(lua_State *L);

int luaopen_rollcall_core(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"enumerate", enumeration_enumerate},
        {"server", server_new},
        {"ask_password", terminal_ask_password},
        {"terminal_width", terminal_width},
        {"is_terminal", terminal_is_terminal},
        {"read_private_file", private_file_read},
        {"connections", connections_new},
        {"query_sessions", session_query_new},
        {"fetch_token", token_fetch},
        {"sign", signing_sign},
        {"failure", failure_new},
        {NULL, NULL},
    };
    luaL_checkversion(L);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return luaL_error(L, "libcurl cannot be used");
    failure_register(L);
    server_register(L);
    enumeration_register(L);
    connections_register(L);
    session_query_register(L);
    token_register(L);
    luaL_newlib(L, functions);
    return 1;
}
