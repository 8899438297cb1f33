#include "system/limits.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

#define HOOK_INTERVAL 100
#define LONGEST_MILLISECONDS 5000 /* an instruction can take long: a call of string.rep is one */

/* Lives on the C stack of confine_call, for as long as the call. */
struct bounds {
    lua_Alloc allocate;
    void *allocator;
    size_t bytes_left;
    lua_Integer instructions_left;
    int64_t deadline;
};

/* Stands between Lua and its allocator. What is refused makes Lua collect garbage and ask again. */
static void *allocate_within(void *opaque, void *block, size_t old_size, size_t new_size) {
    struct bounds *bounds = opaque;
    size_t had = block ? old_size : 0; /* without a block, old_size tells a type */
    if (new_size > had && new_size - had > bounds->bytes_left)
        return NULL;
    void *result = bounds->allocate(bounds->allocator, block, old_size, new_size);
    if (result || new_size == 0)
        bounds->bytes_left = bounds->bytes_left + had - new_size;
    return result;
}

static void count_instructions(lua_State *L, lua_Debug *where) {
    void *opaque;
    (void)where;
    if (lua_getallocf(L, &opaque) != allocate_within)
        return;
    struct bounds *bounds = opaque;
    bounds->instructions_left -= HOOK_INTERVAL;
    bool too_many = bounds->instructions_left < 0;
    if (too_many || clock_now() > bounds->deadline) {
        luaL_where(L, 0); /* the function that is running, not its caller */
        lua_pushstring(L, too_many ? "took too many instructions, and was stopped"
                                   : "took too long, and was stopped");
        lua_concat(L, 2);
        lua_error(L);
    }
}

int confine_call(lua_State *L) {
    struct bounds bounds;
    lua_Integer instructions = luaL_checkinteger(L, 1);
    lua_Integer bytes = luaL_checkinteger(L, 2);
    luaL_argcheck(L, instructions > 0, 1, "must be positive");
    luaL_argcheck(L, bytes > 0, 2, "must be positive");
    luaL_checkany(L, 3);
    luaL_checkstack(L, 2, NULL);
    lua_Hook hook = lua_gethook(L);
    int mask = lua_gethookmask(L);
    int count = lua_gethookcount(L);
    bounds.allocate = lua_getallocf(L, &bounds.allocator);
    bounds.bytes_left = (size_t)bytes;
    bounds.instructions_left = instructions;
    bounds.deadline = clock_now() + LONGEST_MILLISECONDS;
    int arguments = lua_gettop(L) - 3;

    /* Nothing between here and the restoring can raise. */
    lua_setallocf(L, allocate_within, &bounds);
    lua_sethook(L, count_instructions, LUA_MASKCOUNT, HOOK_INTERVAL);
    int status = lua_pcall(L, arguments, LUA_MULTRET, 0);
    lua_sethook(L, hook, mask, count);
    lua_setallocf(L, bounds.allocate, bounds.allocator);

    if (status == LUA_ERRMEM) {
        lua_pushliteral(L, "took too much memory, and was stopped");
        lua_replace(L, -2);
    }
    /* In the place of the limits, so that the results follow. */
    lua_pushboolean(L, status == LUA_OK);
    lua_replace(L, 1);
    lua_pushinteger(L, bytes - (lua_Integer)bounds.bytes_left);
    lua_replace(L, 2);
    return lua_gettop(L);
}
