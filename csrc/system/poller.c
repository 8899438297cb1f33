#include "system/poller.h"

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/poller.h"
#include "binding/interrupt.h"
#include "binding/metatable.h"

#define METATABLE "rollcall.poller"

/* [-0, +0, v] The descriptor at `index`. */
static int check_descriptor(lua_State *L, int index) {
    lua_Integer descriptor = luaL_checkinteger(L, index);
    luaL_argcheck(L, descriptor >= 0 && descriptor <= INT_MAX, index, "not a descriptor");
    return (int)descriptor;
}

/* [-0, +0, v] What the argument at `index` says, in milliseconds; -1 for ever. */
static int64_t milliseconds_of(lua_State *L, int index, lua_Number seconds) {
    if (seconds == HUGE_VAL)
        return -1;
    luaL_argcheck(L, seconds >= 0, index, "the timeout must be 0 or more seconds");
    return seconds < INT_MAX / 1000 ? (int64_t)(seconds * 1000 + 0.999) : INT_MAX;
}

static int poller_gc(lua_State *L) {
    poller_close(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

int poller_new(lua_State *L) {
    struct poller *poller = lua_newuserdatauv(L, sizeof *poller, 0);
    *poller = (struct poller)POLLER_CLOSED;
    luaL_setmetatable(L, METATABLE);
    int error = poller_open(poller);
    if (error)
        return luaL_error(L, "cannot wait for several things at once: %s", strerror(error));
    return 1;
}

static int poller_add(lua_State *L) {
    struct poller *poller = luaL_checkudata(L, 1, METATABLE);
    int error = poller_set(poller, check_descriptor(L, 2), POLLER_READ, NULL);
    return error ? luaL_error(L, "cannot wait for a descriptor: %s", strerror(error)) : 0;
}

static int poller_descriptor(lua_State *L) {
    const struct poller *poller = luaL_checkudata(L, 1, METATABLE);
    if (poller->descriptor < 0)
        lua_pushnil(L);
    else
        lua_pushinteger(L, poller->descriptor);
    return 1;
}

/* [-0, +1, e] Waits and pushes the seconds that it took. */
static int wait_on(lua_State *L, struct poller *poller, int64_t milliseconds) {
    struct poller_event event;
    int64_t began = clock_now();
    if (poller_wait(poller, &event, 1, milliseconds) < 0 && errno == EINTR)
        interrupt_run_hook(L);
    lua_pushnumber(L, (lua_Number)(clock_now() - began) / 1000);
    return 1;
}

static int poller_method_wait(lua_State *L) {
    struct poller *poller = luaL_checkudata(L, 1, METATABLE);
    lua_Number seconds = luaL_optnumber(L, 2, HUGE_VAL);
    return wait_on(L, poller, milliseconds_of(L, 2, seconds));
}

int poller_wait_for(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "timeout");
    int64_t milliseconds = milliseconds_of(L, 1, luaL_optnumber(L, -1, HUGE_VAL));
    lua_settop(L, 1);
    bool has_descriptor = lua_getfield(L, 1, "descriptor") != LUA_TNIL;
    luaL_argcheck(L, has_descriptor || milliseconds >= 0, 1, "there is nothing to wait for");
    poller_new(L);
    struct poller *poller = lua_touserdata(L, 3);
    lua_toclose(L, 3);
    if (has_descriptor) {
        luaL_argcheck(L, lua_isinteger(L, 2), 1, "its descriptor is none");
        int error = poller_set(poller, check_descriptor(L, 2), POLLER_READ, NULL);
        if (error)
            return luaL_error(L, "cannot wait for a descriptor: %s", strerror(error));
    }
    wait_on(L, poller, milliseconds);
    poller_close(poller);
    return 1;
}

void poller_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", poller_gc}, {"__close", poller_gc}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"add", poller_add},
        {"wait", poller_method_wait},
        {"descriptor", poller_descriptor},
        {"close", poller_gc},
        {NULL, NULL},
    };
    metatable_register(L, METATABLE, metamethods, methods);
}
