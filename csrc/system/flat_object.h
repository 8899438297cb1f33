/* Lines of JSON Lines that are objects of plain members, into tables, fast: with lua-cjson, whose
 * numbers and nulls Lua has to go through, a report of a snapshot takes twice as long. */
#ifndef ROLLCALL_FLAT_OBJECT_H
#define ROLLCALL_FLAT_OBJECT_H

#include <lua.h>

/* flat_object_decoder(): a function of a text, a position in it, and nil or a table. It gives the
 * position behind the line that begins there, its table, and a number that is the same as for the
 * line before if that had the same names, with values of the same types, in the same order. If the
 * given table is that of the line before, and that had the same names, it is used again. It gives
 * nothing for a line without an end, and for anything but an object whose members are strings in
 * UTF-8 without escapes but \" and \\, integers of up to 18 digits, true or false: such a line is
 * left to a JSON library.
 * [-0, +1, m] */
int flat_object_decoder(lua_State *L);

#endif
