/* The matching is that of lstrlib.c of Lua 5.4, Copyright (C) 1994-2022 Lua.org, PUC-Rio, under the
 * MIT licence. What differs: steps are counted, and the classes are those of ASCII, whatever the
 * locale of the program is. */
#include "system/pattern.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "system/sandbox_state.h"

#define DEEPEST 200
#define UNCLOSED (-1)
#define POSITION (-2)
#define ESCAPE '%'
#define STEP_BYTES 32 /* so much is compared in a step */

static const char *match_here(struct match *m, const char *s, const char *p);

static bool in(int c, int first, int last) {
    return c >= first && c <= last;
}

static bool is_letter(int c) {
    return in(c | 0x20, 'a', 'z');
}

static bool is_digit(int c) {
    return in(c, '0', '9');
}

static bool is_class(int c, int class) {
    bool result;
    switch (class | 0x20) {
    case 'a':
        result = is_letter(c);
        break;
    case 'c':
        result = c < 0x20 || c == 0x7F;
        break;
    case 'd':
        result = is_digit(c);
        break;
    case 'g':
        result = in(c, 0x21, 0x7E);
        break;
    case 'l':
        result = in(c, 'a', 'z');
        break;
    case 'p':
        result = in(c, 0x21, 0x7E) && !is_letter(c) && !is_digit(c);
        break;
    case 's':
        result = c == ' ' || in(c, '\t', '\r');
        break;
    case 'u':
        result = in(c, 'A', 'Z');
        break;
    case 'w':
        result = is_letter(c) || is_digit(c);
        break;
    case 'z':
        result = c == 0;
        break;
    case 'x':
        result = is_digit(c) || in(c | 0x20, 'a', 'f');
        break;
    default:
        return class == c;
    }
    return in(class, 'A', 'Z') ? !result : result;
}

static const char *class_end(struct match *m, const char *p) {
    const char *start = p;
    if (p == m->pattern_end)
        luaL_error(m->guest, "malformed pattern (ends with '%%')");
    if (*p++ == ESCAPE) {
        if (p == m->pattern_end)
            luaL_error(m->guest, "malformed pattern (ends with '%%')");
        return p + 1;
    }
    if (*start != '[')
        return p;
    if (p < m->pattern_end && *p == '^')
        p++;
    do {
        if (p >= m->pattern_end)
            luaL_error(m->guest, "malformed pattern (missing ']')");
        if (*p++ == ESCAPE)
            p++;
    } while (p >= m->pattern_end || *p != ']');
    return p + 1;
}

/* Whether a character is in the set from `[` at p to `]` at last. */
static bool in_set(struct match *m, int c, const char *p, const char *last) {
    bool found = true;
    sandbox_charge(m->guest, 1 + (size_t)(last - p) / 4);
    if (p[1] == '^') {
        found = false;
        p++;
    }
    while (++p < last) {
        if (*p == ESCAPE) {
            p++;
            if (is_class(c, (unsigned char)*p))
                return found;
        } else if (p[1] == '-' && p + 2 < last) {
            p += 2;
            if (in(c, (unsigned char)p[-2], (unsigned char)*p))
                return found;
        } else if ((unsigned char)*p == c) {
            return found;
        }
    }
    return !found;
}

static bool single_match(struct match *m, const char *s, const char *p, const char *p_end) {
    sandbox_charge(m->guest, 1);
    if (s >= m->text_end)
        return false;
    int c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case ESCAPE:
        return is_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(m, c, p, p_end - 1);
    default:
        return (unsigned char)*p == c;
    }
}

static const char *match_balance(struct match *m, const char *s, const char *p) {
    if (p >= m->pattern_end - 1)
        luaL_error(m->guest, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->text_end || *s != *p)
        return NULL;
    int opens = 1;
    while (++s < m->text_end) {
        sandbox_charge(m->guest, 1);
        if (*s == p[1]) {
            if (--opens == 0)
                return s + 1;
        } else if (*s == *p) {
            opens++;
        }
    }
    return NULL;
}

static const char *match_most(struct match *m, const char *s, const char *p, const char *p_end) {
    ptrdiff_t count = 0;
    while (single_match(m, s + count, p, p_end))
        count++;
    for (; count >= 0; count--) {
        const char *end = match_here(m, s + count, p_end + 1);
        if (end)
            return end;
    }
    return NULL;
}

static const char *match_least(struct match *m, const char *s, const char *p, const char *p_end) {
    for (;;) {
        const char *end = match_here(m, s, p_end + 1);
        if (end)
            return end;
        if (!single_match(m, s, p, p_end))
            return NULL;
        s++;
    }
}

static const char *open_capture(struct match *m, const char *s, const char *p, ptrdiff_t what) {
    if (m->level >= CAPTURES)
        luaL_error(m->guest, "too many captures");
    m->capture[m->level].start = s;
    m->capture[m->level].length = what;
    m->level++;
    const char *end = match_here(m, s, p);
    if (!end)
        m->level--;
    return end;
}

static const char *close_capture(struct match *m, const char *s, const char *p) {
    int level = m->level - 1;
    while (level >= 0 && m->capture[level].length != UNCLOSED)
        level--;
    if (level < 0)
        luaL_error(m->guest, "invalid pattern capture");
    m->capture[level].length = s - m->capture[level].start;
    const char *end = match_here(m, s, p);
    if (!end)
        m->capture[level].length = UNCLOSED;
    return end;
}

static const char *match_capture(struct match *m, const char *s, int digit) {
    int level = digit - '1';
    if (level < 0 || level >= m->level || m->capture[level].length == UNCLOSED)
        luaL_error(m->guest, "invalid capture index %%%d", level + 1);
    ptrdiff_t length = m->capture[level].length;
    if (length == POSITION) /* as lstrlib.c, for which it is longer than any text */
        return NULL;
    sandbox_charge(m->guest, 1 + (size_t)length / STEP_BYTES);
    if (m->text_end - s < length || memcmp(m->capture[level].start, s, (size_t)length) != 0)
        return NULL;
    return s + length;
}

static const char *match_frontier(struct match *m, const char **s, const char *p) {
    if (p >= m->pattern_end || *p != '[')
        luaL_error(m->guest, "missing '[' after '%%f' in pattern");
    const char *end = class_end(m, p);
    int before = *s == m->text ? 0 : (unsigned char)(*s)[-1];
    int here = *s < m->text_end ? (unsigned char)**s : 0;
    if (in_set(m, before, p, end - 1) || !in_set(m, here, p, end - 1))
        return NULL;
    return end;
}

/* One item of the pattern that is no single character. NULL: no match; `*p` is where to go on, or
 * NULL when the rest of the pattern has been matched. */
static const char *match_special(struct match *m, const char *s, const char **p) {
    const char *at = *p;
    *p = NULL;
    if (*at == '(') {
        bool position = at + 1 < m->pattern_end && at[1] == ')';
        return open_capture(m, s, at + (position ? 2 : 1), position ? POSITION : UNCLOSED);
    }
    if (*at == ')')
        return close_capture(m, s, at + 1);
    if (at[1] == 'b') {
        s = match_balance(m, s, at + 2);
        *p = at + 4;
        return s;
    }
    if (at[1] == 'f') {
        *p = match_frontier(m, &s, at + 2);
        return *p ? s : NULL;
    }
    *p = at + 2;
    return match_capture(m, s, (unsigned char)at[1]);
}

static bool is_special(const struct match *m, const char *p) {
    if (*p == '(' || *p == ')')
        return true;
    if (*p != ESCAPE || p + 1 >= m->pattern_end)
        return false;
    return p[1] == 'b' || p[1] == 'f' || is_digit((unsigned char)p[1]);
}

/* An item that is a single character, and how often it may come. `*p` is as with match_special. */
static const char *match_repeated(struct match *m, const char *s, const char **p) {
    const char *at = *p;
    const char *end = class_end(m, at);
    const char *rest;
    *p = NULL;
    switch (end < m->pattern_end ? *end : 0) {
    case '*':
        return match_most(m, s, at, end);
    case '-':
        return match_least(m, s, at, end);
    case '+':
        return single_match(m, s, at, end) ? match_most(m, s + 1, at, end) : NULL;
    case '?':
        rest = single_match(m, s, at, end) ? match_here(m, s + 1, end + 1) : NULL;
        *p = rest ? NULL : end + 1;
        return rest ? rest : s;
    default:
        *p = end;
        return single_match(m, s, at, end) ? s + 1 : NULL;
    }
}

/* Where the match of the pattern's rest at p ends, or NULL. */
static const char *match_items(struct match *m, const char *s, const char *p) {
    while (p != m->pattern_end) {
        sandbox_charge(m->guest, 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->text_end ? s : NULL;
        s = is_special(m, p) ? match_special(m, s, &p) : match_repeated(m, s, &p);
        if (!s || !p)
            return s;
    }
    return s;
}

static const char *match_here(struct match *m, const char *s, const char *p) {
    if (m->depth == DEEPEST)
        luaL_error(m->guest, "pattern too complex");
    m->depth++;
    const char *end = match_items(m, s, p);
    m->depth--;
    return end;
}

const char *pattern_match(struct match *m, const char *s, const char *p) {
    m->level = 0;
    m->depth = 0;
    return match_here(m, s, p);
}

void pattern_push_capture(struct match *m, int level, const char *s, const char *end) {
    if (level >= m->level) {
        if (level != 0)
            luaL_error(m->guest, "invalid capture index %%%d", level + 1);
        lua_pushlstring(m->guest, s, (size_t)(end - s));
        return;
    }
    ptrdiff_t length = m->capture[level].length;
    if (length == UNCLOSED)
        luaL_error(m->guest, "unfinished capture");
    if (length == POSITION)
        lua_pushinteger(m->guest, m->capture[level].start - m->text + 1);
    else
        lua_pushlstring(m->guest, m->capture[level].start, (size_t)length);
}

int pattern_push_captures(struct match *m, const char *s, const char *end) {
    int count = m->level == 0 && s ? 1 : m->level;
    luaL_checkstack(m->guest, count, "too many captures");
    for (int i = 0; i < count; i++)
        pattern_push_capture(m, i, s, end);
    return count;
}

struct match pattern_begin(lua_State *guest, const char *text, size_t size, const char *pattern,
                           size_t pattern_size) {
    return (struct match){
        .guest = guest,
        .text = text,
        .text_end = text + size,
        .pattern_end = pattern + pattern_size,
    };
}
