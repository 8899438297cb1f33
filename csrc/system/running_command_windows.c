#include "system/running_command.h"

int running_command_start(lua_State *L) {
    lua_pushnil(L);
    lua_pushliteral(L, "commands are not run on Windows");
    return 2;
}

void running_command_register(lua_State *L) {
    (void)L;
}
