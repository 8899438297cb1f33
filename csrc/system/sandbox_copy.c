/* Values that cross between a sandbox and its host. Texts, numbers and booleans are copied, and so
 * are tables, which belong to one state. A function of the guest becomes one of the host that calls
 * it. A table of the host that a function of the guest is called with, or that a word of the host
 * gave, is an object: to be read, and to be handed back.
 *
 * A raise must not pass through the other state's frames. So what may raise on the guest is done
 * first, by sandbox_prepare, and the copy is then made in a protected call of the host. */
#include "system/sandbox_copy.h"

#include <lauxlib.h>

#include "system/sandbox_state.h"

#define DEEPEST 16
#define OBJECTS_LIMIT 100000 /* that a file can be given */

static const char ONLY_WHILE_CALLED[] =
    "a row or a group can be used only while its function is called";

/* A field that is asked of an object. */
struct question {
    lua_State *guest;
    int key;
};

static const struct object *object_at(lua_State *guest, int index) {
    if (lua_type(guest, index) != LUA_TUSERDATA || !lua_getmetatable(guest, index))
        return NULL;
    const void *metatable = lua_topointer(guest, -1);
    lua_pop(guest, 1);
    return metatable == sandbox_of(guest)->object_metatable ? lua_touserdata(guest, index) : NULL;
}

static void hand_out(lua_State *guest, size_t bytes) {
    struct sandbox *sandbox = sandbox_of(guest);
    sandbox_charge(guest, 1 + bytes / 16);
    if (sandbox->entry != sandbox->loading)
        return;
    if (bytes > sandbox->handed_left)
        luaL_error(guest, "took too much memory, and was stopped");
    sandbox->handed_left -= bytes;
}

/* Gives a function a number by which the host knows it. */
static void number_function(lua_State *guest, int index) {
    lua_rawgetp(guest, LUA_REGISTRYINDEX, sandbox_of(guest));
    lua_pushvalue(guest, index);
    if (lua_rawget(guest, -2) == LUA_TNIL) {
        lua_Integer number = (lua_Integer)lua_rawlen(guest, -2) + 1;
        lua_pushvalue(guest, index);
        lua_rawseti(guest, -3, number);
        lua_pushvalue(guest, index);
        lua_pushinteger(guest, number);
        lua_rawset(guest, -4);
    }
    lua_pop(guest, 2);
}

static void prepare(lua_State *guest, int index, int depth) {
    switch (lua_type(guest, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
        hand_out(guest, 16);
        return;
    case LUA_TSTRING:
        hand_out(guest, 24 + (size_t)lua_rawlen(guest, index));
        return;
    case LUA_TFUNCTION:
        hand_out(guest, 64);
        number_function(guest, index);
        return;
    case LUA_TTABLE:
        if (depth == DEEPEST)
            luaL_error(guest, "a table is nested too deep, or contains itself");
        luaL_checkstack(guest, 10, NULL);
        hand_out(guest, 56);
        lua_pushnil(guest);
        while (lua_next(guest, index)) {
            prepare(guest, lua_absindex(guest, -2), depth + 1);
            prepare(guest, lua_absindex(guest, -1), depth + 1);
            lua_pop(guest, 1);
        }
        return;
    default: {
        const struct object *object = object_at(guest, index);
        if (!object || object->entry != sandbox_of(guest)->entry)
            luaL_error(guest, object ? ONLY_WHILE_CALLED : "a %s cannot be handed over",
                       luaL_typename(guest, index));
    }
    }
}

void sandbox_prepare(lua_State *guest, int index) {
    prepare(guest, lua_absindex(guest, index), 0);
}

static void push_function(lua_State *host, int self, lua_State *guest, int index) {
    lua_Debug about;
    lua_pushvalue(guest, index);
    lua_getinfo(guest, ">S", &about);
    lua_rawgetp(guest, LUA_REGISTRYINDEX, sandbox_of(guest));
    lua_pushvalue(guest, index);
    lua_rawget(guest, -2);
    lua_Integer number = lua_tointeger(guest, -1);
    lua_pop(guest, 2);
    lua_pushvalue(host, self);
    lua_pushinteger(host, number);
    lua_pushfstring(host, "%s:%d", about.short_src, about.linedefined);
    lua_pushinteger(host, about.lastlinedefined);
    lua_pushcclosure(host, sandbox_of(guest)->call_function, 4);
}

static void push_object(lua_State *host, int objects, const struct object *object) {
    if (!object)
        lua_pushnil(host);
    else if (objects)
        lua_rawgeti(host, objects, object->number);
    else
        lua_pushvalue(host, object->number);
}

/* Nothing here can raise on the guest. */
void sandbox_copy_out(lua_State *host, int self, int objects, lua_State *guest, int index) {
    luaL_checkstack(host, 10, NULL);
    switch (lua_type(guest, index)) {
    case LUA_TBOOLEAN:
        lua_pushboolean(host, lua_toboolean(guest, index));
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(guest, index))
            lua_pushinteger(host, lua_tointeger(guest, index));
        else
            lua_pushnumber(host, lua_tonumber(guest, index));
        return;
    case LUA_TSTRING:
        lua_pushlstring(host, lua_tostring(guest, index), (size_t)lua_rawlen(guest, index));
        return;
    case LUA_TFUNCTION:
        push_function(host, self, guest, index);
        return;
    case LUA_TTABLE:
        lua_createtable(host, (int)lua_rawlen(guest, index) & 0xFFFF, 0);
        lua_pushnil(guest);
        while (lua_next(guest, index)) {
            int top = lua_gettop(guest);
            sandbox_copy_out(host, self, objects, guest, top - 1);
            sandbox_copy_out(host, self, objects, guest, top);
            lua_rawset(host, -3);
            lua_pop(guest, 1);
        }
        return;
    case LUA_TUSERDATA:
        push_object(host, objects, object_at(guest, index));
        return;
    default:
        lua_pushnil(host);
    }
}

/* Of a copy of a table that refuses what it has not: the upvalue says what it has. */
static int refuse_absent(lua_State *guest) {
    const char *name =
        lua_type(guest, 2) == LUA_TSTRING ? lua_tostring(guest, 2) : luaL_typename(guest, 2);
    return luaL_error(guest, "%s, and no field '%s'", lua_tostring(guest, lua_upvalueindex(1)),
                      name);
}

/* [-0, +0, e] Lets the copy on top of the guest's stack refuse what it has not, if the host's table
 * does. */
static void copy_refusal(lua_State *guest, lua_State *host, int index) {
    int type = luaL_getmetafield(host, index, "fields");
    if (type == LUA_TSTRING) {
        lua_createtable(guest, 0, 1);
        lua_pushlstring(guest, lua_tostring(host, -1), (size_t)lua_rawlen(host, -1));
        lua_pushcclosure(guest, refuse_absent, 1);
        lua_setfield(guest, -2, "__index");
        lua_setmetatable(guest, -2);
    }
    if (type != LUA_TNIL)
        lua_pop(host, 1);
}

static void copy_in(lua_State *guest, lua_State *host, int index, int depth) {
    luaL_checkstack(guest, 10, NULL);
    switch (lua_type(host, index)) {
    case LUA_TBOOLEAN:
        lua_pushboolean(guest, lua_toboolean(host, index));
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(host, index))
            lua_pushinteger(guest, lua_tointeger(host, index));
        else
            lua_pushnumber(guest, lua_tonumber(host, index));
        return;
    case LUA_TSTRING:
        lua_pushlstring(guest, lua_tostring(host, index), (size_t)lua_rawlen(host, index));
        return;
    case LUA_TTABLE:
        if (depth == DEEPEST || !lua_checkstack(host, 5))
            luaL_error(guest, "a table is nested too deep, or contains itself");
        lua_newtable(guest);
        lua_pushnil(host);
        while (lua_next(host, index)) {
            int top = lua_gettop(host);
            sandbox_charge(guest, 1);
            copy_in(guest, host, top - 1, depth + 1);
            copy_in(guest, host, top, depth + 1);
            if (lua_isnil(guest, -2))
                lua_pop(guest, 2);
            else
                lua_rawset(guest, -3);
            lua_pop(host, 1);
        }
        copy_refusal(guest, host, index);
        return;
    default:
        lua_pushnil(guest);
    }
}

void sandbox_copy_in(lua_State *guest, lua_State *host, int index) {
    copy_in(guest, host, lua_absindex(host, index), 0);
}

void sandbox_push_object(lua_State *guest, int number) {
    struct sandbox *sandbox = sandbox_of(guest);
    if (number > OBJECTS_LIMIT)
        luaL_error(guest, "holds too many values at once");
    struct object *object = lua_newuserdatauv(guest, sizeof *object, 0);
    object->entry = sandbox->entry;
    object->number = number;
    lua_rawgetp(guest, LUA_REGISTRYINDEX, sandbox->object_metatable);
    lua_setmetatable(guest, -2);
}

/* Protected on the host: the object, the question. */
static int answer(lua_State *host) {
    const struct question *question = lua_touserdata(host, 2);
    sandbox_copy_out(host, 0, 0, question->guest, question->key);
    lua_gettable(host, 1);
    return 1;
}

/* Protected on the host: an error object. */
static int describe(lua_State *host) {
    luaL_tolstring(host, 1, NULL);
    return 1;
}

/* [-1, +0, e] Raises on the guest what was raised on the host: text with the line of the guest that
 * has asked; an object as it describes itself, since it is about another file. */
static int raise_on_guest(lua_State *guest, lua_State *host) {
    if (lua_type(host, -1) == LUA_TTABLE) {
        lua_pushcfunction(host, describe);
        lua_insert(host, -2);
        lua_pcall(host, 1, 1, 0);
        lua_pushliteral(guest, "");
    } else {
        luaL_where(guest, 1);
    }
    if (lua_type(host, -1) == LUA_TSTRING)
        lua_pushlstring(guest, lua_tostring(host, -1), (size_t)lua_rawlen(host, -1));
    else
        lua_pushliteral(guest, "an error that is not text");
    lua_concat(guest, 2);
    return lua_error(guest);
}

/* Of the guest: object[key]. */
static int read_field(lua_State *guest) {
    struct sandbox *sandbox = sandbox_of(guest);
    lua_State *host = sandbox->host;
    const struct object *object = lua_touserdata(guest, 1);
    if (object->entry != sandbox->entry)
        return luaL_error(guest, ONLY_WHILE_CALLED);
    int type = lua_type(guest, 2);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
        return 0;
    struct question question = {.guest = guest, .key = 2};
    if (!lua_checkstack(host, LUA_MINSTACK))
        return luaL_error(guest, "took too much memory, and was stopped");
    lua_pushcfunction(host, answer);
    push_object(host, sandbox->entry == sandbox->loading ? SANDBOX_OBJECTS : 0, object);
    lua_pushlightuserdata(host, &question);
    int status = lua_pcall(host, 2, 1, 0);
    if (status != LUA_OK)
        return raise_on_guest(guest, host);
    sandbox_copy_in(guest, host, -1);
    lua_pop(host, 1);
    return 1;
}

static int refuse_change(lua_State *guest) {
    return luaL_error(guest, "a row or a group cannot be changed");
}

static int name_object(lua_State *guest) {
    lua_pushliteral(guest, "an object of rollcall");
    return 1;
}

void sandbox_register_objects(lua_State *guest) {
    static const luaL_Reg methods[] = {
        {"__index", read_field},
        {"__newindex", refuse_change},
        {"__tostring", name_object},
        {NULL, NULL},
    };
    luaL_newlib(guest, methods);
    const void *metatable = lua_topointer(guest, -1);
    sandbox_of(guest)->object_metatable = metatable;
    lua_rawsetp(guest, LUA_REGISTRYINDEX, metatable);
}
