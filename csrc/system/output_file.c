#include "system/output_file.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "binding/metatable.h"

#define METATABLE "rollcall.output_file"
#define BUFFER_SIZE 65536

struct output {
    struct output_handles *handles; /* NULL once it is closed */
    size_t filled;
    char problem[OUTPUT_PROBLEM_SIZE];
    char buffer[BUFFER_SIZE];
};

static void close_output(struct output *output) {
    struct output_handles *handles = output->handles;
    output->handles = NULL;
    output_discard(handles);
    free(handles);
}

/* [-0, +2, m] */
static int push_problem(lua_State *L, const struct output *output, const char *path) {
    lua_pushnil(L);
    lua_pushfstring(L, "%s: %s", path, output->problem);
    return 2;
}

/* [-0, +(1|2), m] What failed once is closed. */
static int push_result(lua_State *L, struct output *output, bool done) {
    if (done) {
        lua_pushboolean(L, true);
        return 1;
    }
    close_output(output);
    lua_getiuservalue(L, 1, 1);
    return push_problem(L, output, lua_tostring(L, -1));
}

static struct output *open_output(lua_State *L) {
    struct output *output = luaL_checkudata(L, 1, METATABLE);
    luaL_argcheck(L, output->handles, 1, "is closed");
    return output;
}

int output_file_new(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    bool private_file = lua_toboolean(L, 2);
    lua_settop(L, 1);
    struct output *output = lua_newuserdatauv(L, sizeof *output, 1);
    output->handles = NULL;
    output->filled = 0;
    luaL_setmetatable(L, METATABLE);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 2, 1);
    output->handles = output_handles_new();
    if (!output->handles)
        return luaL_error(L, "not enough memory");
    if (output_open(output->handles, path, private_file, output->problem))
        return 1;
    close_output(output);
    return push_problem(L, output, path);
}

static bool flush(struct output *output) {
    size_t filled = output->filled;
    output->filled = 0;
    return output_put(output->handles, output->buffer, filled, output->problem);
}

static int output_write(lua_State *L) {
    struct output *output = open_output(L);
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    bool written = true;
    if (length > BUFFER_SIZE - output->filled)
        written = flush(output);
    if (length > BUFFER_SIZE) {
        written = written && output_put(output->handles, text, length, output->problem);
    } else if (written) {
        memcpy(output->buffer + output->filled, text, length);
        output->filled += length;
    }
    return push_result(L, output, written);
}

static int output_finish_file(lua_State *L) {
    struct output *output = open_output(L);
    bool finished = flush(output) && output_finish(output->handles, output->problem);
    int results = push_result(L, output, finished);
    close_output(output);
    return results;
}

static int output_close(lua_State *L) {
    close_output(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

void output_file_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", output_close},
        {"__close", output_close},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"write", output_write},
        {"finish", output_finish_file},
        {"close", output_close},
        {NULL, NULL},
    };
    metatable_register(L, METATABLE, metamethods, methods);
}
