#include "system/wait.h"

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>

#include "base/clock.h"
#include "binding/interrupt.h"

/* [-0, +1, e] Pushes a list of descriptors and returns its length. */
static lua_Unsigned push_list(lua_State *L, const char *name) {
    int type = lua_getfield(L, 1, name);
    luaL_argexpected(L, type == LUA_TTABLE, 1, "table of what is waited for");
    return lua_rawlen(L, -1);
}

/* [-0, +0, e] Reads the list at the top into `polled`. */
static void read_list(lua_State *L, struct pollfd *polled, lua_Unsigned length, short event) {
    for (lua_Unsigned i = 0; i < length; i++) {
        lua_rawgeti(L, -1, (lua_Integer)i + 1);
        lua_Integer descriptor = lua_tointeger(L, -1);
        luaL_argcheck(L, lua_isinteger(L, -1) && descriptor >= 0 && descriptor <= INT_MAX, 1,
                      "there is something else than a descriptor");
        polled[i] = (struct pollfd){.fd = (int)descriptor, .events = event};
        lua_pop(L, 1);
    }
}

static int timeout_of(lua_State *L) {
    lua_getfield(L, 1, "timeout");
    lua_Number seconds = luaL_optnumber(L, -1, HUGE_VAL);
    lua_pop(L, 1);
    if (seconds == HUGE_VAL)
        return -1;
    luaL_argcheck(L, seconds >= 0, 1, "the timeout must be 0 or more seconds");
    return seconds < INT_MAX / 1000 ? (int)(seconds * 1000 + 0.999) : INT_MAX;
}

int wait_for(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    int timeout = timeout_of(L);
    lua_Unsigned reads = push_list(L, "read");
    lua_Unsigned writes = push_list(L, "write");
    luaL_argcheck(L, reads <= 65536 && writes <= 65536, 1, "there are too many descriptors");
    luaL_argcheck(L, reads + writes > 0 || timeout >= 0, 1, "there is nothing to wait for");
    struct pollfd *polled = lua_newuserdatauv(L, (reads + writes + 1) * sizeof *polled, 0);
    lua_pushvalue(L, 2);
    read_list(L, polled, reads, POLLIN);
    lua_pushvalue(L, 3);
    read_list(L, polled + reads, writes, POLLOUT);
    int64_t began = clock_now();
    if (poll(polled, (nfds_t)(reads + writes), timeout) < 0 && errno == EINTR)
        interrupt_run_hook(L);
    lua_pushnumber(L, (lua_Number)(clock_now() - began) / 1000);
    return 1;
}
