#include "system/signals.h"

#include <lauxlib.h>

#include "system/signal_handlers.h"

#define HOLD "rollcall.signals"

/* What a state holds goes with the state: a host that lives on gets its signals as they were. */
struct hold {
    bool held[SIGNALS_MANNERS];
};

static int release(lua_State *L) {
    struct hold *hold = luaL_checkudata(L, 1, HOLD);
    for (int manner = 0; manner < SIGNALS_MANNERS; manner++) {
        if (hold->held[manner])
            signal_handlers_release((enum signals_manner)manner);
        hold->held[manner] = false;
    }
    return 0;
}

/* [-0, +1, m] The state's own, which lives as long as the state. */
static struct hold *push_hold(lua_State *L) {
    static const char key = 0;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) == LUA_TNIL) {
        lua_pop(L, 1);
        struct hold *hold = lua_newuserdatauv(L, sizeof *hold, 0);
        *hold = (struct hold){{false}};
        if (luaL_newmetatable(L, HOLD)) {
            lua_pushcfunction(L, release);
            lua_setfield(L, -2, "__gc");
        }
        lua_setmetatable(L, -2);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
    }
    return lua_touserdata(L, -1);
}

static int begin_to_hold(lua_State *L, enum signals_manner manner) {
    struct hold *hold = push_hold(L);
    if (!hold->held[manner]) {
        if (!signal_handlers_hold(manner))
            return luaL_error(L, "signals cannot be caught");
        hold->held[manner] = true;
    }
    return 0;
}

int signals_catch(lua_State *L) {
    return begin_to_hold(L, SIGNALS_CATCH);
}

int signals_note_interrupt(lua_State *L) {
    return begin_to_hold(L, SIGNALS_NOTE_INTERRUPT);
}

int signals_caught(lua_State *L) {
    int first = signal_handlers_first();
    if (first)
        lua_pushinteger(L, first);
    else
        lua_pushnil(L);
    return 1;
}

int signals_sleep(lua_State *L) {
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds <= 1e6, 1, "must be from 0 to a million seconds");
    signal_handlers_sleep(seconds);
    lua_pushboolean(L, !signal_handlers_first());
    return 1;
}
