#include "system/audit_file.h"

#include <lauxlib.h>

#include "binding/metatable.h"

#define METATABLE "rollcall.audit_file"

struct audit_file {
    intptr_t file;
    bool is_broken; /* what is there ends in the middle of a line */
    char problem[AUDIT_PROBLEM_SIZE];
};

static int close_file(lua_State *L) {
    struct audit_file *audit = luaL_checkudata(L, 1, METATABLE);
    intptr_t file = audit->file;
    audit->file = AUDIT_CLOSED;
    if (file != AUDIT_CLOSED)
        audit_close(file);
    return 0;
}

/* [-0, +2, m] */
static int push_problem(lua_State *L, const struct audit_file *audit, int path) {
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, path), audit->problem);
    return 2;
}

int audit_file_new(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    struct audit_file *audit = lua_newuserdatauv(L, sizeof *audit, 1);
    *audit = (struct audit_file){.file = AUDIT_CLOSED};
    luaL_setmetatable(L, METATABLE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, 1);
    if (audit_open(&audit->file, path, &audit->is_broken, audit->problem))
        return 1;
    return push_problem(L, audit, 1);
}

static int append(lua_State *L) {
    struct audit_file *audit = luaL_checkudata(L, 1, METATABLE);
    size_t length;
    luaL_argcheck(L, audit->file != AUDIT_CLOSED, 1, "is closed");
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushstring(L, audit->is_broken ? "\n" : "");
    lua_insert(L, 2);
    lua_pushliteral(L, "\n");
    lua_concat(L, 3);
    const char *line = lua_tolstring(L, 2, &length);
    if (audit_put(audit->file, line, length, audit->problem)) {
        audit->is_broken = false;
        lua_pushboolean(L, true);
        return 1;
    }
    audit->is_broken = true;
    lua_getiuservalue(L, 1, 1);
    return push_problem(L, audit, 3);
}

void audit_file_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", close_file},
        {"__close", close_file},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"append", append}, {"close", close_file}, {NULL, NULL}};
    metatable_register(L, METATABLE, metamethods, methods);
}
