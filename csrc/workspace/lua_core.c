/* luaopen_rollcall_workspace_core: what Lua sees of the C code that asks Huawei Cloud Workspace,
 * and nothing else. A library of its own, so that who only asks file servers does not load libcurl.
 * Every name here has its entry in lua/rollcall/meta/workspace_core.lua. */
#include <curl/curl.h>
#include <lauxlib.h>
#include <lua.h>

#include "binding/export.h"
#include "binding/failure.h"
#include "workspace/lua_connection_pool.h"
#include "workspace/lua_credential.h"
#include "workspace/lua_failure.h"
#include "workspace/lua_post.h"
#include "workspace/lua_session_query.h"
#include "workspace/lua_signature.h"
#include "workspace/lua_token.h"

EXPORT int luaopen_rollcall_workspace_core(lua_State *L);

int luaopen_rollcall_workspace_core(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"connection_pool", connection_pool_new},
        {"query_sessions", session_query_new},
        {"fetch_token", token_fetch},
        {"sign", signature_sign},
        {"failure", failure_new},
        {"is_refusal", http_failure_tell_refusal},
        {NULL, NULL},
    };
    luaL_checkversion(L);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        return luaL_error(L, "libcurl cannot be used");
    failure_register(L);
    credential_register(L);
    connection_pool_register(L);
    session_query_register(L);
    post_register(L);
    luaL_newlib(L, functions);
    return 1;
}
