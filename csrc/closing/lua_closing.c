/* luaopen_rollcall_smb_closing: the calls that change something on an SMB server, and nothing else.
 * A library of its own, so that who only looks loads nothing that can act. The logon and the pipe
 * are those of a server handle of rollcall.smb.core. Every name here has its entry in
 * lua/rollcall/meta/smb_closing.lua. */
#include <lauxlib.h>
#include <lua.h>

#include "binding/export.h"
#include "closing/calls.h"
#include "smb/lua_server_door.h"

EXPORT int luaopen_rollcall_smb_closing(lua_State *L);

/* [-0, +0, e] */
static void make_call(lua_State *L, struct status_request *request) {
    const struct server_door *const *server = luaL_checkudata(L, 1, SERVER_METATABLE);
    if ((*server)->version != SERVER_DOOR_VERSION)
        luaL_error(L, "rollcall.smb.closing and rollcall.smb.core are of different versions");
    (*server)->call(L, request);
}

/* [-0, +0, v] A text that is there: a null pointer would be every client, or every user. */
static struct net_enum_text check_text(lua_State *L, int index) {
    struct net_enum_text text;
    text.utf8 = luaL_checklstring(L, index, &text.length);
    luaL_argcheck(L, text.length > 0, index, "is empty");
    return text;
}

/* session(server, target, client_name, user_name) [-0, +0, e] */
static int closing_session(lua_State *L) {
    struct status_request request = {.call = &session_del};
    request.texts[0] = check_text(L, 3);
    request.texts[1] = check_text(L, 4);
    make_call(L, &request);
    return 0;
}

/* file(server, target, id) [-0, +0, e] */
static int closing_file(lua_State *L) {
    struct status_request request = {.call = &file_close};
    lua_Integer id = luaL_checkinteger(L, 3);
    luaL_argcheck(L, id >= 0 && id <= UINT32_MAX, 3, "is no id of a file");
    request.number = (uint32_t)id;
    make_call(L, &request);
    return 0;
}

int luaopen_rollcall_smb_closing(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"session", closing_session},
        {"file", closing_file},
        {NULL, NULL},
    };
    luaL_checkversion(L);
    luaL_newlib(L, functions);
    return 1;
}
