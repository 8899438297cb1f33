#include "smb/lua_failure.h"

#include <string.h>

#include "base/plain_text.h"
#include "binding/failure.h"

void link_failure_push(lua_State *L, const struct link_failure *failure, const char *servername) {
    static const struct secrets none = {{NULL}};
    char message[sizeof failure->message];
    plain_text_copy(message, sizeof message, failure->message, strlen(failure->message), &none);
    lua_createtable(L, 0, 6);
    lua_pushliteral(L, "smb");
    lua_setfield(L, -2, "source");
    lua_pushstring(L, servername);
    lua_setfield(L, -2, "target");
    lua_pushstring(L, failure->stage);
    lua_setfield(L, -2, "stage");
    lua_pushinteger(L, failure->code);
    lua_setfield(L, -2, "code");
    lua_pushstring(L, failure->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    failure_make(L);
}
