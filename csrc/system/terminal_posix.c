#include "system/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int terminal_width(lua_State *L) {
    struct winsize size;
    lua_Integer descriptor = luaL_optinteger(L, 1, STDOUT_FILENO);
    luaL_argcheck(L, descriptor == 1 || descriptor == 2, 1, "not an output");
    if (ioctl((int)descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        lua_pushinteger(L, size.ws_col);
    else
        lua_pushnil(L);
    return 1;
}

int terminal_is_terminal(lua_State *L) {
    lua_Integer descriptor = luaL_checkinteger(L, 1);
    lua_pushboolean(L, descriptor >= 0 && descriptor <= 2 && isatty((int)descriptor));
    return 1;
}

/* What is closed is opened the wrong way round: to use it fails as before, and no file or socket
 * that is opened later takes its place and gets what is meant for it. */
int terminal_prepare_streams(lua_State *L) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0)
            continue;
        int way = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (open("/dev/null", way) != descriptor) {
            lua_pushnil(L);
            lua_pushfstring(L, "/dev/null cannot be opened: %s", strerror(errno));
            return 2;
        }
    }
    lua_pushboolean(L, true);
    return 1;
}
