#include "system/sandbox_state.h"

#include <lauxlib.h>
#include <stdlib.h>

#include "base/clock.h"

#define HOOK_INTERVAL 100
#define LONGEST_MILLISECONDS 5000

struct sandbox *sandbox_of(lua_State *guest) {
    struct sandbox **place = lua_getextraspace(guest);
    return *place;
}

/* What is refused makes Lua collect garbage and ask again. */
static void *allocate(void *opaque, void *block, size_t old_size, size_t new_size) {
    struct sandbox *sandbox = opaque;
    size_t had = block ? old_size : 0; /* without a block, old_size is a type */
    if (new_size > had && new_size - had > sandbox->bytes_left)
        return NULL;
    void *result = NULL;
    if (new_size > 0)
        result = realloc(block, new_size);
    else
        free(block);
    if (result || new_size == 0)
        sandbox->bytes_left = sandbox->bytes_left + had - new_size;
    return result;
}

static void stop(lua_State *guest, const char *why) {
    luaL_where(guest, 0); /* the function that is running, */
    if (!*lua_tostring(guest, -1)) {
        lua_pop(guest, 1);
        luaL_where(guest, 1); /* or, if that is one of the library, its caller */
    }
    lua_pushstring(guest, why);
    lua_concat(guest, 2);
    lua_error(guest);
}

void sandbox_charge(lua_State *guest, size_t steps) {
    struct sandbox *sandbox = sandbox_of(guest);
    if (steps > (size_t)sandbox->instructions_left) {
        sandbox->instructions_left = 0;
        stop(guest, "took too many instructions, and was stopped");
    }
    sandbox->instructions_left -= (lua_Integer)steps;
}

static void count_instructions(lua_State *guest, lua_Debug *where) {
    struct sandbox *sandbox = sandbox_of(guest);
    (void)where;
    if (sandbox->closing)
        return;
    sandbox_charge(guest, HOOK_INTERVAL);
    int64_t now = clock_now();
    if (!sandbox->deadline)
        sandbox->deadline = now + LONGEST_MILLISECONDS;
    else if (now > sandbox->deadline)
        stop(guest, "took too long, and was stopped");
}

lua_State *sandbox_new_guest(struct sandbox *sandbox) {
    lua_State *guest = lua_newstate(allocate, sandbox);
    if (!guest)
        return NULL;
    *(struct sandbox **)lua_getextraspace(guest) = sandbox;
    lua_sethook(guest, count_instructions, LUA_MASKCOUNT, HOOK_INTERVAL);
    return guest;
}
