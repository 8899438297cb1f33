/* What another library may have a client's connections do. Their userdata begins with a pointer to
 * this, and its metatable is CONNECTION_POOL_METATABLE. */
#ifndef ROLLCALL_LUA_SERVICE_DOOR_H
#define ROLLCALL_LUA_SERVICE_DOOR_H

#include <lua.h>

#define CONNECTION_POOL_METATABLE "rollcall.connection_pool"
#define SERVICE_DOOR_VERSION 1

struct service_door {
    unsigned version;
    /* [-0, +0, e] Sends the POST that the table at 1 describes, once, and waits for the answer.
     * Raises whatever is not success. */
    void (*act)(lua_State *L);
};

#endif
