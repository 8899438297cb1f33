/* The globals of a sandbox: its library, and the words of its host's vocabulary. A word can be
 * called only while the file is run. */
#include "system/sandbox_words.h"

#include <lauxlib.h>

#include "system/sandbox_copy.h"
#include "system/sandbox_library.h"
#include "system/sandbox_state.h"

/* A call of a word. */
struct statement {
    lua_State *guest;
    const char *table; /* NULL: the vocabulary itself */
    const char *word;
    int line;
    int arguments;
    int object; /* its number, if the word gave one */
};

/* Protected on the host: the vocabulary, the sandbox, the objects, the statement. */
static int say(lua_State *host) {
    struct statement *statement = lua_touserdata(host, 4);
    if (statement->table) {
        lua_getfield(host, 1, statement->table);
        lua_getfield(host, -1, statement->word);
    } else {
        lua_getfield(host, 1, statement->word);
    }
    lua_pushinteger(host, statement->line);
    for (int i = 1; i <= statement->arguments; i++)
        sandbox_copy_out(host, 2, 3, statement->guest, i);
    lua_call(host, statement->arguments + 1, 1);
    if (lua_type(host, -1) == LUA_TTABLE) {
        statement->object = (int)lua_rawlen(host, 3) + 1;
        lua_rawseti(host, 3, statement->object);
        lua_pushnil(host);
    }
    return 1;
}

/* Of the guest: a word. Upvalues: the table that it is in, or nil, and the word. */
static int call_word(lua_State *guest) {
    struct sandbox *sandbox = sandbox_of(guest);
    lua_State *host = sandbox->host;
    lua_Debug where = {.currentline = 0};
    struct statement statement = {
        .guest = guest,
        .table = lua_tostring(guest, lua_upvalueindex(1)),
        .word = lua_tostring(guest, lua_upvalueindex(2)),
        .arguments = lua_gettop(guest),
    };
    if (sandbox->entry != sandbox->loading)
        return luaL_error(guest, "'%s' can be used only while the file is read", statement.word);
    for (int i = 1; i <= statement.arguments; i++)
        sandbox_prepare(guest, i);
    if (lua_getstack(guest, 1, &where))
        lua_getinfo(guest, "l", &where);
    statement.line = where.currentline;
    if (!lua_checkstack(host, LUA_MINSTACK))
        return luaL_error(guest, "took too much memory, and was stopped");
    lua_pushcfunction(host, say);
    lua_pushvalue(host, SANDBOX_VOCABULARY);
    lua_pushvalue(host, SANDBOX_SELF);
    lua_pushvalue(host, SANDBOX_OBJECTS);
    lua_pushlightuserdata(host, &statement);
    int status = lua_pcall(host, 4, 1, 0);
    if (status != LUA_OK) {
        if (lua_type(host, -1) == LUA_TSTRING)
            lua_pushlstring(guest, lua_tostring(host, -1), (size_t)lua_rawlen(host, -1));
        else
            lua_pushliteral(guest, "an error that is not text");
        return lua_error(guest);
    }
    if (statement.object)
        sandbox_push_object(guest, statement.object);
    else
        sandbox_copy_in(guest, host, -1);
    lua_pop(host, 1);
    return 1;
}

/* Of the guest: __index of the globals, and of a table of words. Upvalue: the table's name. */
static int refuse_word(lua_State *guest) {
    const char *word = luaL_tolstring(guest, 2, NULL);
    if (lua_isnil(guest, lua_upvalueindex(1)))
        return luaL_error(guest, "'%s' is not available in %s", word, sandbox_of(guest)->where);
    return luaL_error(guest, "there is no '%s' in '%s'", word,
                      lua_tostring(guest, lua_upvalueindex(1)));
}

/* [-1, +1, m] Gives the table at the top of the guest's stack the words of the table at the top of
 * the host's, whose name is at `name`. */
static void add_words(lua_State *guest, lua_State *host, int name) {
    lua_pushnil(host);
    while (lua_next(host, -2)) {
        lua_pushstring(guest, lua_tostring(host, -2));
        if (lua_type(host, -1) == LUA_TTABLE) {
            lua_newtable(guest);
            add_words(guest, host, lua_gettop(guest) - 1);
        } else {
            lua_pushvalue(guest, name);
            lua_pushvalue(guest, -2);
            lua_pushcclosure(guest, call_word, 2);
        }
        lua_rawset(guest, -3);
        lua_pop(host, 1);
    }
    lua_createtable(guest, 0, 2);
    lua_pushvalue(guest, name);
    lua_pushcclosure(guest, refuse_word, 1);
    lua_setfield(guest, -2, "__index");
    lua_setmetatable(guest, -2);
}

void sandbox_push_globals(lua_State *guest) {
    lua_State *host = sandbox_of(guest)->host;
    lua_pushnil(guest);
    lua_newtable(guest);
    sandbox_add_library(guest);
    lua_pushvalue(host, SANDBOX_VOCABULARY);
    add_words(guest, host, lua_gettop(guest) - 1);
    lua_pop(host, 1);
    lua_remove(guest, -2);
    /* What the libraries had there is out of reach anyway; nothing needs it. */
    lua_pushvalue(guest, -1);
    lua_rawseti(guest, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
