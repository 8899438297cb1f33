#include "system/screen.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "binding/metatable.h"
#include "system/full_screen.h"

#define METATABLE "rollcall.screen"

struct screen {
    bool is_open;
};

/* [-0, +0, v] */
static struct screen *check_screen(lua_State *L) {
    struct screen *screen = luaL_checkudata(L, 1, METATABLE);
    luaL_argcheck(L, screen->is_open, 1, "is closed");
    return screen;
}

static int screen_close(lua_State *L) {
    struct screen *screen = luaL_checkudata(L, 1, METATABLE);
    if (screen->is_open)
        full_screen_close();
    screen->is_open = false;
    return 0;
}

int screen_new(lua_State *L) {
    struct screen *screen = lua_newuserdatauv(L, sizeof *screen, 0);
    screen->is_open = false;
    luaL_setmetatable(L, METATABLE);
    int error = full_screen_open();
    if (error) {
        lua_pushnil(L);
        lua_pushfstring(L, "the terminal cannot be drawn on: %s", strerror(error));
        return 2;
    }
    screen->is_open = true;
    return 1;
}

static int screen_read(lua_State *L) {
    char bytes[1024];
    check_screen(L);
    int count = full_screen_read(bytes, sizeof bytes);
    if (count < 0)
        lua_pushnil(L);
    else
        lua_pushlstring(L, bytes, (size_t)count);
    return 1;
}

static int screen_write(lua_State *L) {
    size_t size;
    check_screen(L);
    const char *bytes = luaL_checklstring(L, 2, &size);
    lua_pushboolean(L, full_screen_write(bytes, size));
    return 1;
}

static int screen_changed(lua_State *L) {
    check_screen(L);
    lua_pushboolean(L, full_screen_changed());
    return 1;
}

static int screen_size(lua_State *L) {
    int columns, lines;
    check_screen(L);
    if (!full_screen_size(&columns, &lines))
        return 0;
    lua_pushinteger(L, columns);
    lua_pushinteger(L, lines);
    return 2;
}

static int screen_descriptor(lua_State *L) {
    check_screen(L);
    lua_pushinteger(L, full_screen_descriptor());
    return 1;
}

void screen_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", screen_close}, {"__close", screen_close}, {NULL, NULL}};
    static const luaL_Reg methods[] = {
        {"read", screen_read}, {"write", screen_write}, {"changed", screen_changed},
        {"size", screen_size}, {"close", screen_close}, {"descriptor", screen_descriptor},
        {NULL, NULL},
    };
    metatable_register(L, METATABLE, metamethods, methods);
}
