/* Lua 5.4's functions as far as they are called here, for Lua 5.3 and LuaJIT. The sources are
 * written for Lua 5.4 alone: where Lua is another one, the Makefile has this read before each of
 * them. For LuaJIT the most of it is lua-compat-5.3's.
 *
 * What neither can do is in lua/rollcall/internal/lua_versions.lua. */
#ifndef ROLLCALL_LUA_VERSIONS_H
#define ROLLCALL_LUA_VERSIONS_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#if LUA_VERSION_NUM < 503
#ifndef LUA_GCISRUNNING
#error "this needs Lua 5.4, Lua 5.3 or LuaJIT 2.1"
#endif
#define COMPAT53_PREFIX rollcall_compat53 /* the Makefile adds its compat-5.3.c */
#include <compat-5.3.h>
#undef lua_pcallk /* on_wait.c does without */
#undef lua_rawgeti
#define lua_rawgeti(L, index, number) (lua_rawgeti(L, index, (int)(number)), lua_type(L, -1))
#define lua_rawseti(L, index, number) lua_rawseti(L, index, (int)(number))
_Static_assert(sizeof(lua_Integer) == 8, "numbers of servers have 32 bits without a sign");
#endif

#ifndef LUA_GNAME
#define LUA_GNAME "_G"
#endif

/* A finaliser closes it, later. */
#define lua_toclose(L, index) ((void)(L))

#define lua_gc(L, what) lua_gc(L, what, 0)
#define lua_newuserdatauv lua_versions_newuserdatauv
#define lua_getiuservalue lua_versions_getiuservalue
#define lua_setiuservalue lua_versions_setiuservalue
#define luaL_typeerror lua_versions_typeerror

/* A userdata has one value; a table there holds several. */
static inline void *lua_versions_newuserdatauv(lua_State *L, size_t size, int values) {
    void *block = lua_newuserdata(L, size);
    if (values > 0) {
        lua_createtable(L, values, 0);
        lua_setuservalue(L, -2);
    }
    return block;
}

static inline int lua_versions_getiuservalue(lua_State *L, int index, int number) {
    lua_getuservalue(L, index);
    int type = lua_rawgeti(L, -1, number);
    lua_remove(L, -2);
    return type;
}

static inline int lua_versions_setiuservalue(lua_State *L, int index, int number) {
    lua_getuservalue(L, index);
    lua_insert(L, -2);
    lua_rawseti(L, -2, number);
    lua_pop(L, 1);
    return 1;
}

static inline int lua_versions_typeerror(lua_State *L, int argument, const char *expected) {
    return luaL_argerror(
        L, argument,
        lua_pushfstring(L, "%s expected, got %s", expected, luaL_typename(L, argument)));
}

#endif
