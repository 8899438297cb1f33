/* A Lua host whose memory runs out on demand: Lua's own, or that of malloc and its kin
 * where rollcall's C code calls them. rollcall is part of this program, linked so that its calls of
 * malloc come here first.
 *
 *     allocation SCRIPT [ARGUMENT...]
 *
 * The script finds a function `starve` among the globals. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum who { NOBODY, LUA, CORE };
static const char *const names[] = {"nobody", "lua", "core", NULL};

static enum who starved;
static lua_Integer first, last; /* which of the allocations fail */
static lua_Integer asked, refused;

int dlclose(void *library);
int luaopen_rollcall_smb_core(lua_State *L);
int luaopen_rollcall_system(lua_State *L);
int luaopen_rollcall_workspace_core(lua_State *L);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

/* Libraries stay to the end, so that LeakSanitizer can tell whose a leak is. */
int dlclose(void *library) {
    (void)library;
    return 0;
}

static bool is_refused(enum who who) {
    if (who != starved)
        return false;
    asked++;
    bool refuse = asked >= first && asked <= last;
    refused += refuse;
    return refuse;
}

void *__wrap_malloc(size_t size) {
    return is_refused(CORE) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return is_refused(CORE) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size) {
    return is_refused(CORE) ? NULL : __real_realloc(block, size);
}

/* Lua relies on that a block can be made smaller. */
static void *allocate(void *opaque, void *block, size_t old_size, size_t new_size) {
    (void)opaque;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if ((!block || new_size > old_size) && is_refused(LUA))
        return NULL;
    return __real_realloc(block, new_size);
}

/* starve(who, first, last, f): calls f while the allocations of `who` with these numbers fail, and
 * returns how many were asked for, how many refused, whether f ended well, and its result or what
 * it raised. [-4, +4, e] */
static int starve(lua_State *L) {
    enum who who = (enum who)luaL_checkoption(L, 1, NULL, names);
    lua_Integer from = luaL_checkinteger(L, 2);
    lua_Integer to = luaL_checkinteger(L, 3);
    lua_settop(L, 4);
    luaL_checkstack(L, 10, NULL);
    asked = refused = 0;
    first = from;
    last = to;
    starved = who;
    int status = lua_pcall(L, 0, 1, 0);
    starved = NOBODY;
    lua_pushinteger(L, asked);
    lua_pushinteger(L, refused);
    lua_pushboolean(L, status == LUA_OK);
    lua_rotate(L, -4, -1);
    return 4;
}

/* [-0, +1, m] */
static void preload(lua_State *L, const char *name, lua_CFunction open) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

static int explain(lua_State *L) {
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

static int run(lua_State *L) {
    char **values = lua_touserdata(L, 1);
    luaL_openlibs(L);
    preload(L, "rollcall.smb.core", luaopen_rollcall_smb_core);
    preload(L, "rollcall.system", luaopen_rollcall_system);
    preload(L, "rollcall.workspace.core", luaopen_rollcall_workspace_core);
    lua_register(L, "starve", starve);
    if (luaL_loadfile(L, values[1]) != LUA_OK)
        return lua_error(L);
    int count = 0;
    for (; values[count + 2]; count++)
        lua_pushstring(L, values[count + 2]);
    lua_call(L, count, 0);
    return 0;
}

int main(int count, char **values) {
    if (count < 2)
        return EXIT_FAILURE;
    lua_State *L = lua_newstate(allocate, NULL);
    if (!L)
        return EXIT_FAILURE;
    lua_pushcfunction(L, explain);
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, values);
    int status = lua_pcall(L, 1, 0, 1);
    if (status != LUA_OK)
        fprintf(stderr, "allocation: %s\n", lua_tostring(L, -1));
    lua_close(L);
    return status == LUA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
