/* A line of JSON Lines that is an object of plain members, into a table, fast. */
#ifndef ROLLCALL_FLAT_OBJECT_H
#define ROLLCALL_FLAT_OBJECT_H

#include <lua.h>

/* flat_object(line): the table; or nil for anything but an object whose members are strings without
 * escapes but \\" and \\\\, integers of up to 18 digits, true or false: such a line is left to a
 * JSON library. [-1, +1, m] */
int flat_object_decode(lua_State *L);

#endif
