#include "system/terminal.h"

#include <lauxlib.h>

#include "base/wipe.h"
#include "system/hidden_line.h"

int terminal_ask_password(lua_State *L) {
    const char *prompt = luaL_checkstring(L, 1);
    char *line = lua_newuserdatauv(L, HIDDEN_LINE_LIMIT, 0);
    size_t length;
    enum hidden_line result = hidden_line_read(prompt, line, &length);
    if (result == HIDDEN_LINE_TYPED)
        lua_pushlstring(L, line, length);
    else
        lua_pushnil(L);
    wipe(line, HIDDEN_LINE_LIMIT);
    if (result == HIDDEN_LINE_TYPED || result == HIDDEN_LINE_NOBODY)
        return 1;
    lua_pushstring(L, result == HIDDEN_LINE_INTERRUPTED ? "the password prompt was interrupted"
                                                        : "the password is too long");
    return 2;
}
