#include "binding/on_wait.h"

#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "binding/interrupt.h"

/* Where there is no descriptor, on_wait comes back so soon. */
#define LOOK_MILLISECONDS 20

/* The longest wait that on_wait gets, so that no sum of its runs over. */
#define LONGEST_MILLISECONDS ((int64_t)86400 * 1000)

int64_t waiter_now(const struct waiter *waiter) {
    return clock_now() - waiter->away;
}

void waiter_leave(struct waiter *waiter) {
    if (!waiter->left_at)
        waiter->left_at = clock_now();
}

void waiter_come_back(struct waiter *waiter) {
    if (waiter->left_at)
        waiter->away += clock_now() - waiter->left_at;
    waiter->left_at = 0;
}

void waiter_begin(struct waiter *waiter, const struct waiter_kind *kind) {
    *waiter = (struct waiter){.kind = kind, .descriptor = -1, .closed = true};
}

void waiter_open(lua_State *L, struct waiter *waiter, int descriptor) {
    waiter->descriptor = descriptor;
    waiter->waits_outside = !lua_isnil(L, -1);
    lua_setiuservalue(L, 1, WAITER_ON_WAIT);
    waiter->closed = false;
    waiter_leave(waiter);
}

void waiter_end(struct waiter *waiter) {
    waiter->closed = true;
    waiter->kind->end(waiter);
}

/* [-0, +0, -] Whether the iterator's own code goes on after this. What can come between is a
 * function that this code calls, or a finaliser, during which Lua's collector is stopped; or else
 * an error has left it. */
static bool is_stepping(lua_State *L, const struct waiter *waiter) {
    return waiter->stepping && (waiter->calling_back || lua_gc(L, LUA_GCISRUNNING) != 1);
}

void waiter_close(lua_State *L, struct waiter *waiter) {
    waiter->closed = true;
    waiter->ends_later = is_stepping(L, waiter);
    if (!waiter->ends_later)
        waiter->kind->end(waiter);
}

static void leave_own_code(struct waiter *waiter) {
    waiter->stepping = false;
    if (waiter->ends_later)
        waiter_end(waiter);
}

/* [-0, +1, m] Pushes what on_wait gets. */
static void push_waits(lua_State *L, const struct waiter *waiter, int64_t milliseconds) {
    lua_createtable(L, 0, 2);
    if (waiter->descriptor >= 0) {
        lua_pushinteger(L, waiter->descriptor);
        lua_setfield(L, -2, "descriptor");
    } else if (milliseconds < 0 || milliseconds > LOOK_MILLISECONDS) {
        milliseconds = LOOK_MILLISECONDS;
    }
    if (milliseconds >= 0) {
        if (milliseconds > LONGEST_MILLISECONDS)
            milliseconds = LONGEST_MILLISECONDS;
        lua_pushnumber(L, (lua_Number)milliseconds / 1000);
        lua_setfield(L, -2, "timeout");
    }
}

/* [-0, +0, -] Of the time that on_wait took, takes off what it says it waited, at the top of the
 * stack: the rest it spent on something else. Who says nothing has waited all the time. */
static void count_wait(lua_State *L, struct waiter *waiter) {
    int64_t took = clock_now() - waiter->left_at;
    waiter->left_at = 0;
    if (!lua_isnumber(L, -1))
        return;
    lua_Number waited = lua_tonumber(L, -1) * 1000;
    if (!(waited > 0))
        waiter->away += took;
    else if (waited < (lua_Number)took) /* a sum of seconds is seldom whole in milliseconds */
        waiter->away += took - (int64_t)(waited + 0.5);
}

/* [-0, +0, e] Takes a turn, which waits for so many milliseconds at most. */
static void take_turn(lua_State *L, struct waiter *waiter, int64_t milliseconds) {
    switch (waiter->kind->wait(waiter, milliseconds)) {
    case WAITER_TURN:
        return;
    case WAITER_INTERRUPTED:
        interrupt_run_hook(L);
        return;
    case WAITER_IMPOSSIBLE:
        waiter_end(waiter);
        /* No place in a script is at fault. */
        lua_pushfstring(L, "%s cannot wait any more; not enough memory?", waiter->kind->name);
        lua_error(L);
    }
}

/* [-results, +0, e] A function of the caller's has ended: its results or what it raised are at the
 * top of the stack. */
static void end_call(lua_State *L, struct waiter *waiter, int status) {
    waiter->calling_back = false;
    if (status != LUA_OK && status != LUA_YIELD) {
        waiter_end(waiter);
        lua_error(L);
    }
    if (!waiter->is_waiting) {
        waiter_come_back(waiter);
        waiter->stepping = true;
        waiter->kind->take_results(L, waiter);
        leave_own_code(waiter);
        return;
    }
    waiter->is_waiting = false;
    count_wait(L, waiter);
    lua_settop(L, 1);
    if (!waiter->closed)
        take_turn(L, waiter, 0);
}

static int go_on(lua_State *L, struct waiter *waiter);

#if LUA_VERSION_NUM >= 503

/* [-0, +n, e] Goes on after a function of the caller's that yielded. */
static int after_yield(lua_State *L, int status, lua_KContext context) {
    struct waiter *waiter = lua_touserdata(L, 1);
    (void)context;
    end_call(L, waiter, status);
    return go_on(L, waiter);
}

/* [-(1 + arguments), +n, e] Calls a function of the caller's, which may close the iterator but not
 * step it. Returns 0, or how many values the step that is under way ends with. */
static int call(lua_State *L, struct waiter *waiter, int arguments, int results) {
    waiter->calling_back = true;
    waiter_leave(waiter);
    end_call(L, waiter, lua_pcallk(L, arguments, results, 0, 0, after_yield));
    return 0;
}

#else

/* Where C cannot go on after a yield, the step ends with true, the iterator, the function and its
 * arguments. lua/rollcall/internal/lua_versions.lua calls it, and steps on with what pcall gave. */
static int call(lua_State *L, struct waiter *waiter, int arguments, int results) {
    waiter->calling_back = true;
    waiter->results = results;
    waiter_leave(waiter);
    lua_pushboolean(L, true);
    lua_insert(L, -arguments - 2);
    lua_pushvalue(L, 1);
    lua_insert(L, -arguments - 2);
    return arguments + 3;
}

/* [-(above 1), +n, e] */
static int after_call(lua_State *L, struct waiter *waiter) {
    bool returned = lua_toboolean(L, 2);
    lua_remove(L, 2);
    lua_settop(L, 1 + (returned ? waiter->results : 1));
    end_call(L, waiter, returned ? LUA_OK : LUA_ERRRUN);
    return go_on(L, waiter);
}

#endif

/* [-0, +n, e] Returns as call does. */
static int wait(lua_State *L, struct waiter *waiter, int64_t until) {
    int64_t rest = until == WAITER_NEVER ? -1 : until - waiter_now(waiter);
    if (until != WAITER_NEVER && rest < 0)
        rest = 0;
    if (!waiter->waits_outside) {
        take_turn(L, waiter, rest);
        return 0;
    }
    lua_getiuservalue(L, 1, WAITER_ON_WAIT);
    push_waits(L, waiter, rest);
    if (waiter->closed) { /* by a finaliser, just now */
        lua_settop(L, 1);
        return 0;
    }
    waiter->is_waiting = true;
    return call(L, waiter, 1, 1);
}

static int go_on(lua_State *L, struct waiter *waiter) {
    while (!waiter->closed) {
        struct waiter_wish wish = {.until = WAITER_NEVER};
        waiter->stepping = true;
        int values = waiter->kind->advance(L, waiter, &wish);
        leave_own_code(waiter);
        if (values > 0)
            return values;
        if (waiter->closed)
            break;
        values = values == WAITER_CALL ? call(L, waiter, wish.arguments, wish.results)
                                       : wait(L, waiter, wish.until);
        if (values > 0)
            return values;
    }
    lua_settop(L, 1);
    lua_pushnil(L);
    return 1;
}

/* [-0, +0, e] Raises at the line of who steps it; where Lua calls in our place, that is its caller.
 */
static int refuse(lua_State *L, const struct waiter *waiter, const char *how) {
    luaL_where(L, LUA_VERSION_NUM >= 503 ? 1 : 2);
    lua_pushfstring(L, "%s cannot be stepped %s", waiter->kind->name, how);
    lua_concat(L, 2);
    return lua_error(L);
}

int waiter_step(lua_State *L, struct waiter *waiter) {
#if LUA_VERSION_NUM < 503
    if (waiter->calling_back && lua_gettop(L) > 1)
        return after_call(L, waiter);
#endif
    lua_settop(L, 1);
    if (waiter->calling_back)
        return refuse(L, waiter, "from a function it calls");
    if (waiter->stepping && !waiter->closed) {
        if (is_stepping(L, waiter))
            return refuse(L, waiter, "while it is being stepped");
        waiter_end(waiter);
    }
    return go_on(L, waiter);
}
