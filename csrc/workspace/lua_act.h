/* A POST that changes something. */
#ifndef ROLLCALL_LUA_ACT_H
#define ROLLCALL_LUA_ACT_H

#include "workspace/lua_service_door.h"

extern const struct service_door service_door;

#endif
