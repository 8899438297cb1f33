/* A Lua host, as plain as `lua`, for builds that a sanitizer watches: a sanitizer must be in the
 * program from its start, and the distribution's `lua` has none. Of lua's own options it knows -e,
 * -l and -, of its files a script or standard input. It always closes its state, so that what is
 * left then is a leak. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    int count;
    char **values;
};

static lua_State *interrupted;

static void raise_interrupt(lua_State *L, lua_Debug *where) {
    (void)where;
    lua_sethook(L, NULL, 0, 0);
    luaL_error(L, "interrupted!");
}

static void on_interrupt(int number) {
    signal(number, SIG_DFL);
    lua_sethook(interrupted, raise_interrupt,
                LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

/* [-1, +1, m] The message handler: text gets a traceback, as in lua. */
static int explain(lua_State *L) {
    const char *message = lua_tostring(L, 1);
    if (message)
        luaL_traceback(L, L, message, 1);
    else if (!luaL_callmeta(L, 1, "__tostring"))
        lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    return 1;
}

/* [-(1 + arguments), +0, e] */
static void call(lua_State *L, int arguments) {
    void (*before)(int) = signal(SIGINT, on_interrupt);
    lua_call(L, arguments, 0);
    signal(SIGINT, before);
}

/* Where the script's name stands, or `count`. */
static int script_place(const struct arguments *arguments) {
    int i = 1;
    while (i + 1 < arguments->count &&
           (strcmp(arguments->values[i], "-e") == 0 || strcmp(arguments->values[i], "-l") == 0))
        i += 2;
    return i;
}

/* [-0, +0, e] */
static void run_option(lua_State *L, const char *option, const char *value) {
    if (strcmp(option, "-e") == 0) {
        if (luaL_loadbuffer(L, value, strlen(value), "=(command line)") != LUA_OK)
            lua_error(L);
        call(L, 0);
    } else {
        lua_getglobal(L, "require");
        lua_pushstring(L, value);
        lua_call(L, 1, 1);
        lua_setglobal(L, value);
    }
}

static int run(lua_State *L) {
    const struct arguments *arguments = lua_touserdata(L, 1);
    int script = script_place(arguments);
    bool has_script = script < arguments->count;
    luaL_checkversion(L);
    luaL_openlibs(L);
    lua_createtable(L, arguments->count, 0);
    for (int i = 0; i < arguments->count; i++) {
        lua_pushstring(L, arguments->values[i]);
        lua_rawseti(L, -2, i - (has_script ? script : 0));
    }
    lua_setglobal(L, "arg");
    for (int i = 1; i < script; i += 2)
        run_option(L, arguments->values[i], arguments->values[i + 1]);
    if (!has_script && script > 1)
        return 0;
    const char *file = has_script ? arguments->values[script] : "-";
    if (luaL_loadfile(L, strcmp(file, "-") == 0 ? NULL : file) != LUA_OK)
        return lua_error(L);
    for (int i = script + 1; i < arguments->count; i++)
        lua_pushstring(L, arguments->values[i]);
    call(L, has_script ? arguments->count - script - 1 : 0);
    return 0;
}

int main(int count, char **values) {
    struct arguments arguments = {count, values};
    lua_State *L = luaL_newstate();
    if (!L)
        return EXIT_FAILURE;
    interrupted = L;
    lua_pushcfunction(L, explain);
    lua_pushcfunction(L, run);
    lua_pushlightuserdata(L, &arguments);
    int status = lua_pcall(L, 1, 0, 1);
    if (status != LUA_OK)
        fprintf(stderr, "%s: %s\n", values[0], lua_tostring(L, -1));
    lua_close(L);
    return status == LUA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
