#include "system/terminal.h"

#include <lauxlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int terminal_width(lua_State *L) {
    struct winsize size;
    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
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

/* Bytes go out as they are, and a terminal is what they are written for. */
int terminal_prepare_output(lua_State *L) {
    (void)L;
    return 0;
}
