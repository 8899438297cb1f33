/* What concerns every transfer, in a table of arguments. */
#ifndef ROLLCALL_LUA_SETTINGS_H
#define ROLLCALL_LUA_SETTINGS_H

#include <lua.h>

#include "base/plain_text.h"
#include "workspace/auth/headers.h"
#include "workspace/http/request.h"

/* [-0, +0, v] What concerns every transfer. */
void settings_read(lua_State *L, int index, struct transfer_settings *settings,
                   struct request_policy *policy);

/* [-0, +0, v] The list `secrets`, as far as there is room for it. */
void settings_read_secrets(lua_State *L, int index, struct secrets *secrets);

/* [-0, +0, v] Its strings are those of the table. */
void settings_read_authorization(lua_State *L, int index, struct authorization *authorization);

/* [-0, +0, v] */
void settings_check_credentials(lua_State *L, const struct authorization *authorization);

#endif
