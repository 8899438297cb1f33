/* Lua's patterns, with every step of the matching counted against a sandbox's instructions: so a
 * pattern takes no longer than what is left of them, whatever it is and whatever it is given. */
#ifndef ROLLCALL_PATTERN_H
#define ROLLCALL_PATTERN_H

#include <lua.h>
#include <stddef.h>

#define CAPTURES 32

struct match {
    lua_State *guest;
    const char *text;
    const char *text_end;
    const char *pattern_end;
    int depth;
    int level; /* captures, closed or not */
    struct {
        const char *start;
        ptrdiff_t length;
    } capture[CAPTURES];
};

struct match pattern_begin(lua_State *guest, const char *text, size_t size, const char *pattern,
                           size_t pattern_size);

/* [-0, +0, e] Where the match of the pattern from p on ends that begins at s, or NULL. */
const char *pattern_match(struct match *m, const char *s, const char *p);

/* [-0, +1, e] Pushes a capture, or the whole match where there is none. */
void pattern_push_capture(struct match *m, int level, const char *s, const char *end);

/* [-0, +n, e] Pushes all captures; the whole match where there is none, unless `s` is NULL. */
int pattern_push_captures(struct match *m, const char *s, const char *end);

#endif
