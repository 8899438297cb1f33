/* A host whose Lua forgets: whatever is freed is wiped first. So what a core file of it still holds
 * of a secret, after the script has let go of it, was kept by C code.
 *
 *     forgetful SCRIPT
 *
 * The script says where it has come to with stop("words"), which prints them and waits for a line.
 */
#define _GNU_SOURCE

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(void *opaque, void *block, size_t old_size, size_t new_size) {
    (void)opaque;
    void *result = NULL;
    if (new_size > 0 && !(result = malloc(new_size)))
        return NULL;
    if (block) {
        if (result)
            memcpy(result, block, old_size < new_size ? old_size : new_size);
        explicit_bzero(block, old_size);
        free(block);
    }
    return result;
}

static int stop(lua_State *L) {
    char line[16];
    printf("%s\n", luaL_checkstring(L, 1));
    fflush(stdout);
    return fgets(line, sizeof line, stdin) ? 0 : luaL_error(L, "nobody is there");
}

int main(int count, char **arguments) {
    lua_State *L = lua_newstate(allocate, NULL);
    if (!L || count != 2)
        return EXIT_FAILURE;
    luaL_openlibs(L);
    lua_register(L, "stop", stop);
    if (luaL_dofile(L, arguments[1]) != LUA_OK) {
        fprintf(stderr, "forgetful: %s\n", luaL_tolstring(L, -1, NULL));
        return EXIT_FAILURE;
    }
    lua_close(L);
    return EXIT_SUCCESS;
}
