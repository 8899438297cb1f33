#include "system/sandbox.h"

#include <lauxlib.h>
#include <string.h>

#include "system/sandbox_copy.h"
#include "system/sandbox_state.h"
#include "system/sandbox_words.h"
#include "system/watchdog.h"

#define DEEPEST 20 /* calls from host to guest to host ... */
#define RESULTS_LIMIT 250

static const char METATABLE[] = "rollcall.sandbox";

/* One call into the guest. */
struct call {
    lua_Integer function; /* the number of one; 0: the file is run */
    const char *text;
    size_t size;
    const char *name;
    int arguments; /* on the host's stack, from 1 on */
};

/* Runs protected in the guest. */
static int run(lua_State *guest) {
    struct sandbox *sandbox = sandbox_of(guest);
    const struct call *call = lua_touserdata(guest, 1);
    lua_settop(guest, 0);
    if (call->function) {
        lua_rawgetp(guest, LUA_REGISTRYINDEX, sandbox);
        lua_rawgeti(guest, 1, call->function);
        lua_remove(guest, 1);
        luaL_checkstack(guest, call->arguments + 10, NULL);
        for (int i = 1; i <= call->arguments; i++) {
            if (lua_type(sandbox->host, i) == LUA_TTABLE)
                sandbox_push_object(guest, i);
            else
                sandbox_copy_in(guest, sandbox->host, i);
        }
    } else {
        if (luaL_loadbufferx(guest, call->text, call->size, call->name, "t") != LUA_OK)
            return lua_error(guest);
        sandbox_push_globals(guest);
        lua_setupvalue(guest, 1, 1);
    }
    lua_call(guest, lua_gettop(guest) - 1, LUA_MULTRET);
    int results = lua_gettop(guest);
    if (results > RESULTS_LIMIT)
        return luaL_error(guest, "gives too many results");
    for (int i = 1; i <= results; i++)
        sandbox_prepare(guest, i);
    return results;
}

static void push_message(lua_State *L, lua_State *guest, int status, const char *label) {
    if (status == LUA_ERRMEM)
        lua_pushfstring(L, "%s: took too much memory, and was stopped", label);
    else if (lua_type(guest, -1) == LUA_TSTRING)
        lua_pushlstring(L, lua_tostring(guest, -1), (size_t)lua_rawlen(guest, -1));
    else
        lua_pushfstring(L, "%s: raised an error that is not text", label);
}

/* [-0, +results, e] Calls the guest, with L as its host. The arguments are all that L's frame has,
 * or the text of a file; `self` is where the sandbox is. Gives false and pushes a message if the
 * guest raised. */
static bool enter(lua_State *L, int self, struct call *call, const char *label, int *results) {
    struct sandbox *sandbox = lua_touserdata(L, self);
    lua_State *guest = sandbox->guest;
    if (sandbox->depth == DEEPEST)
        luaL_error(L, "%s: calls itself too deep", label);
    luaL_checkstack(L, LUA_MINSTACK, NULL);
    if (sandbox->depth == 0) {
        lua_settop(guest, 0);
        sandbox->instructions_left = sandbox->instructions;
        sandbox->deadline = 0;
    }
    if (!lua_checkstack(guest, 2))
        luaL_error(L, "%s: took too much memory, and was stopped", label);
    int base = lua_gettop(guest);
    lua_State *host = sandbox->host;
    lua_Integer entry = sandbox->entry;

    /* Nothing between here and the restoring can raise on the host. */
    struct watched watched = watchdog_enter(label);
    sandbox->host = L;
    sandbox->entry = ++sandbox->entries;
    sandbox->depth++;
    if (!call->function)
        sandbox->loading = sandbox->entry;
    lua_pushcfunction(guest, run);
    lua_pushlightuserdata(guest, call);
    int status = lua_pcall(guest, 1, LUA_MULTRET, 0);
    sandbox->depth--;
    sandbox->entry = entry;
    sandbox->host = host;
    watchdog_leave(watched);

    *results = 0;
    if (status == LUA_OK) {
        *results = lua_gettop(guest) - base;
        luaL_checkstack(L, *results + LUA_MINSTACK, NULL);
        for (int i = 1; i <= *results; i++)
            sandbox_copy_out(L, self, call->function ? 0 : SANDBOX_OBJECTS, guest, base + i);
    } else {
        push_message(L, guest, status, label);
    }
    lua_settop(guest, base);
    return status == LUA_OK;
}

/* Of the host: a function of the guest. Upvalues: the sandbox, its number, what it is called, its
 * last line. */
static int call_function(lua_State *L) {
    struct call call = {
        .function = lua_tointeger(L, lua_upvalueindex(2)),
        .arguments = lua_gettop(L),
    };
    int results;
    if (!enter(L, lua_upvalueindex(1), &call, lua_tostring(L, lua_upvalueindex(3)), &results))
        return lua_error(L);
    return results;
}

static int close_guest(lua_State *L) {
    struct sandbox *sandbox = luaL_checkudata(L, 1, METATABLE);
    lua_State *guest = sandbox->guest;
    sandbox->guest = NULL;
    sandbox->closing = true;
    if (guest)
        lua_close(guest);
    return 0;
}

static int open_guest(lua_State *guest) {
    struct sandbox *sandbox = sandbox_of(guest);
    lua_newtable(guest); /* the functions that the host knows: by number, and their numbers */
    lua_rawsetp(guest, LUA_REGISTRYINDEX, sandbox);
    sandbox_register_objects(guest);
    return 0;
}

int sandbox_run(lua_State *L) {
    struct call call = {.name = luaL_checkstring(L, 2)};
    call.text = luaL_checklstring(L, 1, &call.size);
    luaL_checktype(L, SANDBOX_VOCABULARY, LUA_TTABLE);
    const char *where = luaL_checkstring(L, 4);
    lua_Integer instructions = luaL_checkinteger(L, 5);
    lua_Integer bytes = luaL_checkinteger(L, 6);
    luaL_argcheck(L, instructions > 0, 5, "must be positive");
    luaL_argcheck(L, bytes > 0, 6, "must be positive");
    lua_settop(L, 6);

    struct sandbox *sandbox = lua_newuserdatauv(L, sizeof *sandbox, 1);
    memset(sandbox, 0, sizeof *sandbox);
    if (luaL_newmetatable(L, METATABLE)) {
        lua_pushcfunction(L, close_guest);
        lua_setfield(L, -2, "__gc");
        lua_pushboolean(L, 0);
        lua_setfield(L, -2, "__metatable");
    }
    lua_setmetatable(L, -2);
    lua_pushvalue(L, 4);
    lua_setiuservalue(L, -2, 1); /* which keeps `where` */
    lua_replace(L, SANDBOX_SELF);
    lua_settop(L, SANDBOX_SELF);
    lua_newtable(L); /* SANDBOX_OBJECTS */
    sandbox->where = where;
    sandbox->instructions = instructions;
    sandbox->instructions_left = instructions;
    sandbox->bytes_left = (size_t)bytes;
    sandbox->handed_left = (size_t)bytes;

    sandbox->call_function = call_function;

    lua_State *guest = sandbox_new_guest(sandbox);
    if (!guest)
        return luaL_error(L, "not enough memory");
    sandbox->guest = guest;
    lua_pushcfunction(guest, open_guest);
    if (lua_pcall(guest, 0, 0, 0) != LUA_OK)
        return luaL_error(L, "not enough memory");

    const char *label = call.name + (*call.name == '@');
    int results;
    if (enter(L, SANDBOX_SELF, &call, label, &results)) {
        lua_pushboolean(L, 1);
        return 1;
    }
    lua_pushnil(L);
    lua_rotate(L, -2, 1);
    return 2;
}
