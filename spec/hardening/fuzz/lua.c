/* What Lua makes of bytes: they go to the function that the script NAME.lua of this folder returns,
 * in one state that goes through all of it. An error it raises is a promise that does not hold.
 * What lines of Lua run tells the fuzzer what is new, as what C runs does. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

#include "check.h"
#include "service.h"

#define COUNTERS 16384
#define FUZZER_FOLDER "spec/hardening/fuzz/"

int luaopen_rollcall_smb_core(lua_State *L);
int luaopen_rollcall_system(lua_State *L);
int luaopen_rollcall_workspace_closing(lua_State *L);
int luaopen_rollcall_workspace_core(lua_State *L);

__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t lines[COUNTERS];

static void note_line(lua_State *L, lua_Debug *where) {
    lua_getinfo(L, "S", where);
    uint32_t hash = (uint32_t)where->currentline * 2654435761U;
    for (size_t i = 0; i < where->srclen && i < 40; i++)
        hash = (hash ^ (uint8_t)where->source[i]) * 16777619U;
    lines[(hash >> 8) % COUNTERS]++;
}

static int explain(lua_State *L) {
    luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
    return 1;
}

/* [-0, +1, m] */
static void preload(lua_State *L, const char *name, lua_CFunction open) {
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "preload");
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 2);
}

/* [-(arguments + 1), +results, -] */
static void call(lua_State *L, int arguments, int results) {
    int handler = lua_gettop(L) - arguments;
    lua_pushcfunction(L, explain);
    lua_insert(L, handler);
    if (lua_pcall(L, arguments, results, handler) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    lua_remove(L, handler);
}

static lua_State *new_state(void) {
    lua_State *L = luaL_newstate();
    CHECK(L);
    luaL_openlibs(L);
    preload(L, "rollcall.smb.core", luaopen_rollcall_smb_core);
    preload(L, "rollcall.system", luaopen_rollcall_system);
    preload(L, "rollcall.workspace.core", luaopen_rollcall_workspace_core);
    preload(L, "rollcall.workspace.closing", luaopen_rollcall_workspace_closing);
    lua_register(L, "answer_with", service_answer_with);
    lua_register(L, "was_asked", service_was_asked);
    CHECK(luaL_dostring(L, "package.path = 'lua/?.lua;lua/?/init.lua;./?.lua;' .. package.path") ==
          LUA_OK);
    if (luaL_loadfile(L, FUZZER_FOLDER NAME ".lua") != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        abort();
    }
    call(L, 0, 1);
    lua_setglobal(L, "take");
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static lua_State *L;
    if (!L)
        L = new_state();
    lua_Alloc allocate = lua_getallocf(L, NULL);
    lua_sethook(L, note_line, LUA_MASKLINE, 0);
    lua_getglobal(L, "take");
    lua_pushlstring(L, (const char *)data, size);
    call(L, 1, 0);
    CHECK(lua_gethook(L) == note_line && lua_getallocf(L, NULL) == allocate);
    CHECK(lua_gettop(L) == 0);
    return 0;
}
