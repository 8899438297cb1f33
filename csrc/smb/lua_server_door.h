/* What another library may have a server handle do. Its userdata begins with a pointer to this, and
 * its metatable is SERVER_METATABLE. */
#ifndef ROLLCALL_LUA_SERVER_DOOR_H
#define ROLLCALL_LUA_SERVER_DOOR_H

#include <lua.h>

#include "rpc/status_call.h"

#define SERVER_METATABLE "rollcall.server"
#define SERVER_DOOR_VERSION 1

struct server_door {
    unsigned version;
    /* [-0, +0, e] Makes the call on the open server handle at 1, for its target at 2; `server_name`
     * of the request is the target's. Raises whatever is not success. */
    void (*call)(lua_State *L, struct status_request *request);
};

#endif
