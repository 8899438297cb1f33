#include "binding/options.h"

#include <lauxlib.h>
#include <string.h>

const char *option_text(lua_State *L, int index, const char *name) {
    int type = lua_getfield(L, index, name);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "%s must be a string", name);
    size_t length = 0;
    const char *text = lua_tolstring(L, -1, &length);
    if (text && strlen(text) != length)
        luaL_error(L, "%s must not contain a zero byte", name);
    lua_pop(L, 1);
    return text;
}

const char *option_needed_text(lua_State *L, int index, const char *name) {
    const char *text = option_text(L, index, name);
    if (!text)
        luaL_error(L, "%s is missing", name);
    return text;
}

lua_Integer option_integer(lua_State *L, int index, const char *name, lua_Integer otherwise,
                           lua_Integer limit) {
    int is_integer = true;
    lua_Integer value = otherwise;
    if (lua_getfield(L, index, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || value < 0 || value > limit) {
        lua_pushinteger(L, limit);
        luaL_error(L, "%s must be an integer from 0 to %s", name, lua_tostring(L, -1));
    }
    lua_pop(L, 1);
    return value;
}
