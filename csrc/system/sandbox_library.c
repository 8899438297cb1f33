/* The library of a sandbox: what of Lua's own does no more than its arguments ask for, and in the
 * place of the rest functions that count what they do. No coroutines and no pcall, in which a
 * stopped call could go on. */
#include "system/sandbox_library.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "system/sandbox_patterns.h"
#include "system/sandbox_state.h"

#define STEP_BYTES 64 /* so much is copied in a step */

static int repeat(lua_State *guest) {
    size_t size, separator_size;
    const char *text = luaL_checklstring(guest, 1, &size);
    lua_Integer count = luaL_checkinteger(guest, 2);
    const char *separator = luaL_optlstring(guest, 3, "", &separator_size);
    if (count <= 0 || size + separator_size == 0) {
        lua_pushliteral(guest, "");
        return 1;
    }
    if ((lua_Unsigned)count > (LUA_MAXINTEGER >> 1) / (size + separator_size))
        return luaL_error(guest, "took too much memory, and was stopped");
    size_t total = (size_t)count * size + ((size_t)count - 1) * separator_size;
    if (total > sandbox_of(guest)->bytes_left)
        return luaL_error(guest, "took too much memory, and was stopped");
    sandbox_charge(guest, (size_t)count / 8 + total / STEP_BYTES);
    luaL_Buffer buffer;
    char *at = luaL_buffinitsize(guest, &buffer, total);
    while (count-- > 0) {
        memcpy(at, text, size);
        at += size;
        if (count > 0)
            memcpy(at, separator, separator_size);
        at += separator_size;
    }
    luaL_pushresultsize(&buffer, total);
    return 1;
}

/* Letters of ASCII alone, whatever the locale of the program is. */
static int with_letters(lua_State *guest, char first, char last) {
    size_t size;
    const char *text = luaL_checklstring(guest, 1, &size);
    luaL_Buffer buffer;
    sandbox_charge(guest, size / STEP_BYTES);
    char *copy = luaL_buffinitsize(guest, &buffer, size);
    for (size_t i = 0; i < size; i++)
        copy[i] = (char)(text[i] >= first && text[i] <= last ? text[i] ^ 0x20 : text[i]);
    luaL_pushresultsize(&buffer, size);
    return 1;
}

static int lower(lua_State *guest) {
    return with_letters(guest, 'A', 'Z');
}

static int upper(lua_State *guest) {
    return with_letters(guest, 'a', 'z');
}

/* #list, or a raise: the border of a table with few elements can lie anywhere. */
static lua_Integer length_of(lua_State *guest) {
    luaL_checktype(guest, 1, LUA_TTABLE);
    return luaL_len(guest, 1);
}

static int insert(lua_State *guest) {
    lua_Integer next = (lua_Integer)((lua_Unsigned)length_of(guest) + 1);
    if (lua_gettop(guest) == 2) {
        lua_rawseti(guest, 1, next);
        return 0;
    }
    if (lua_gettop(guest) != 3)
        return luaL_error(guest, "wrong number of arguments to 'insert'");
    lua_Integer position = luaL_checkinteger(guest, 2);
    luaL_argcheck(guest, (lua_Unsigned)position - 1 < (lua_Unsigned)next, 2,
                  "position out of bounds");
    sandbox_charge(guest, (size_t)(next - position));
    for (; next > position; next--) {
        lua_rawgeti(guest, 1, next - 1);
        lua_rawseti(guest, 1, next);
    }
    lua_rawseti(guest, 1, position);
    return 0;
}

static int take_out(lua_State *guest) {
    lua_Integer length = length_of(guest);
    lua_Integer position = luaL_optinteger(guest, 2, length);
    if (position != length)
        luaL_argcheck(guest, (lua_Unsigned)position - 1 <= (lua_Unsigned)length, 2,
                      "position out of bounds");
    lua_rawgeti(guest, 1, position);
    if (position < length)
        sandbox_charge(guest, (size_t)(length - position));
    for (; position < length; position++) {
        lua_rawgeti(guest, 1, position + 1);
        lua_rawseti(guest, 1, position);
    }
    lua_pushnil(guest);
    lua_rawseti(guest, 1, position);
    return 1;
}

/* What has no text of its own is shown by its type, not by where it is in memory. */
static int to_text(lua_State *guest) {
    luaL_checkany(guest, 1);
    int type = lua_type(guest, 1);
    if (type == LUA_TTABLE || type == LUA_TFUNCTION)
        lua_pushstring(guest, lua_typename(guest, type));
    else
        luaL_tolstring(guest, 1, NULL);
    return 1;
}

/* [-1, +0, m] Copies functions from the library at the top to the table below it. */
static void copy(lua_State *guest, const char *const *names) {
    for (; *names; names++) {
        lua_getfield(guest, -1, *names);
        lua_setfield(guest, -3, *names);
    }
    lua_pop(guest, 1);
}

/* [-0, +1, m] Pushes a table with functions of the library that `open` opens. */
static void push_library(lua_State *guest, const char *name, lua_CFunction open,
                         const char *const *names) {
    lua_newtable(guest);
    luaL_requiref(guest, name, open, 0);
    copy(guest, names);
}

void sandbox_add_library(lua_State *guest) {
    static const char *const basic[] = {"assert", "error",    "ipairs", "next",     "pairs",
                                        "select", "tonumber", "type",   "_VERSION", NULL};
    static const char *const strings[] = {"byte", "char", "format", "len", "reverse", NULL};
    static const char *const tables[] = {"concat", "pack", "sort", "unpack", NULL};
    static const char *const numbers[] = {"abs", "ceil",       "floor", "fmod",       "huge",
                                          "max", "maxinteger", "min",   "mininteger", "modf",
                                          "pi",  "tointeger",  "type",  "ult",        NULL};
    static const char *const utf8[] = {"char", "charpattern", "codepoint", "codes",
                                       "len",  "offset",      NULL};
    static const luaL_Reg own_strings[] = {
        {"rep", repeat}, {"lower", lower}, {"upper", upper}, {NULL, NULL}};
    static const luaL_Reg own_tables[] = {{"insert", insert}, {"remove", take_out}, {NULL, NULL}};

    luaL_requiref(guest, LUA_GNAME, luaopen_base, 0);
    copy(guest, basic);
    lua_pushcfunction(guest, to_text);
    lua_setfield(guest, -2, "tostring");

    push_library(guest, LUA_STRLIBNAME, luaopen_string, strings);
    luaL_setfuncs(guest, own_strings, 0);
    sandbox_add_patterns(guest);
    lua_pushliteral(guest, "");
    lua_getmetatable(guest, -1);
    lua_pushvalue(guest, -3);
    lua_setfield(guest, -2, "__index"); /* methods of strings are these */
    lua_pop(guest, 2);
    lua_setfield(guest, -2, "string");

    push_library(guest, LUA_TABLIBNAME, luaopen_table, tables);
    luaL_setfuncs(guest, own_tables, 0);
    lua_setfield(guest, -2, "table");
    push_library(guest, LUA_MATHLIBNAME, luaopen_math, numbers);
    lua_setfield(guest, -2, "math");
    push_library(guest, LUA_UTF8LIBNAME, luaopen_utf8, utf8);
    lua_setfield(guest, -2, "utf8");

    lua_pushnil(guest); /* the libraries as they were */
    lua_setfield(guest, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}
