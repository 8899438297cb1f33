/* Fields of a table of arguments that lua/rollcall/workspace.lua hands to C. */
#ifndef ROLLCALL_ARGUMENT_H
#define ROLLCALL_ARGUMENT_H

#include <lua.h>
#include <stdbool.h>

#include "plain_text.h"
#include "request.h"

/* [-0, +0, v] NULL if the field is nil. The text lives as long as the table keeps it. */
const char *argument_text(lua_State *L, int index, const char *name);

/* [-0, +0, v] As argument_text, but the field must be there. */
const char *argument_needed_text(lua_State *L, int index, const char *name);

/* [-0, +0, v] `otherwise` if the field is nil. */
lua_Integer argument_integer(lua_State *L, int index, const char *name, lua_Integer otherwise,
                             lua_Integer limit);

/* [-0, +0, v] What concerns every transfer. */
void argument_settings(lua_State *L, int index, struct transfer_settings *settings,
                       struct request_policy *policy);

/* [-0, +0, v] The list `secrets`, as far as there is room for it. */
void argument_secrets(lua_State *L, int index, struct secrets *secrets);

#endif
