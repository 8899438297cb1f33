#include "binding/waits.h"

#include <lauxlib.h>

#include "base/polled.h"

static void push_descriptors(lua_State *L, const struct pollfd *polled, size_t count, short event) {
    lua_newtable(L);
    lua_Integer length = 0;
    for (size_t i = 0; i < count; i++) {
        if (polled[i].fd < 0 || !(polled[i].events & event))
            continue;
        lua_pushinteger(L, polled[i].fd);
        lua_rawseti(L, -2, ++length);
    }
}

void waits_push(lua_State *L, const struct pollfd *polled, size_t count, int64_t milliseconds) {
    lua_createtable(L, 0, 3);
    push_descriptors(L, polled, count, POLLIN);
    lua_setfield(L, -2, "read");
    push_descriptors(L, polled, count, POLLOUT);
    lua_setfield(L, -2, "write");
    if (milliseconds >= 0) {
        lua_pushnumber(L, (lua_Number)milliseconds / 1000);
        lua_setfield(L, -2, "timeout");
    }
}

int64_t waits_away(lua_State *L, int64_t milliseconds) {
    if (!lua_isnumber(L, -1))
        return 0;
    lua_Number waited = lua_tonumber(L, -1) * 1000;
    if (!(waited > 0))
        return milliseconds;
    /* A sum of seconds is seldom whole in milliseconds, and what is lost would never run out. */
    return waited < (lua_Number)milliseconds ? milliseconds - (int64_t)(waited + 0.5) : 0;
}
