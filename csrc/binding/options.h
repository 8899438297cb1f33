/* Fields of a table of arguments that Lua modules of ours hand to C. */
#ifndef ROLLCALL_OPTIONS_H
#define ROLLCALL_OPTIONS_H

#include <lua.h>
#include <stdbool.h>

/* [-0, +0, v] NULL if the field is nil. The text lives as long as the table keeps it. */
const char *option_text(lua_State *L, int index, const char *name);

/* [-0, +0, v] As option_text, but the field must be there. */
const char *option_needed_text(lua_State *L, int index, const char *name);

/* [-0, +0, v] `otherwise` if the field is nil. */
lua_Integer option_integer(lua_State *L, int index, const char *name, lua_Integer otherwise,
                           lua_Integer limit);

#endif
