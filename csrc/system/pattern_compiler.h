/* Compiles Lua's patterns. */
#ifndef ROLLCALL_PATTERN_COMPILER_H
#define ROLLCALL_PATTERN_COMPILER_H

#include <lua.h>
#include <stddef.h>

#include "system/pattern.h"

/* How a pattern is read. */
enum pattern_syntax {
    PATTERN_ANCHORED, /* '^' at its start is an anchor */
    PATTERN_FLOATING, /* '^' at its start is a character */
    PATTERN_SOUGHT,   /* as by `find`: anchored, or text where nothing but ')' or ']' is special */
    PATTERN_PLAIN,    /* it is text */
};

/* [-0, +1, v] Compiles a source, and pushes what keeps the items: userdata, or nil where they are
 * few. Raises if the source is malformed. */
void pattern_compile(lua_State *guest, struct pattern *p, const char *source, size_t size,
                     enum pattern_syntax syntax);

#endif
