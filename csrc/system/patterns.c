/* The matching is that of lstrlib.c of Lua 5.4, Copyright (C) 1994-2022 Lua.org, PUC-Rio, under the
 * MIT licence. What differs: steps are counted, and the classes are those of ASCII, whatever the
 * locale of the program is. */
#include "system/patterns.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "system/sandbox.h"

#define CAPTURES 32
#define DEEPEST 200
#define UNCLOSED (-1)
#define POSITION (-2)
#define ESCAPE '%'
#define SPECIALS "^$*+?.([%-"
#define STEP_BYTES 32 /* so much is compared in a step */

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

/* Where the match of the pattern's rest at p ends, or NULL. */
static const char *match_items(struct match *m, const char *s, const char *p) {
    while (p != m->pattern_end) {
        sandbox_charge(m->guest, 1);
        if (is_special(m, p)) {
            s = match_special(m, s, &p);
            if (!s || !p)
                return s;
            continue;
        }
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->text_end ? s : NULL;
        const char *p_end = class_end(m, p);
        char suffix = p_end < m->pattern_end ? *p_end : 0;
        if (suffix == '*')
            return match_most(m, s, p, p_end);
        if (suffix == '-')
            return match_least(m, s, p, p_end);
        bool matched = single_match(m, s, p, p_end);
        if (suffix == '+')
            return matched ? match_most(m, s + 1, p, p_end) : NULL;
        if (suffix == '?') {
            const char *end = matched ? match_here(m, s + 1, p_end + 1) : NULL;
            if (end)
                return end;
            p = p_end + 1;
        } else {
            if (!matched)
                return NULL;
            s++;
            p = p_end;
        }
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

static const char *begin_match(struct match *m, const char *s, const char *p) {
    m->level = 0;
    m->depth = 0;
    return match_here(m, s, p);
}

/* [-0, +1, e] Pushes a capture, or the whole match where there is none. */
static void push_capture(struct match *m, int level, const char *s, const char *end) {
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

static int push_captures(struct match *m, const char *s, const char *end) {
    int count = m->level == 0 && s ? 1 : m->level;
    luaL_checkstack(m->guest, count, "too many captures");
    for (int i = 0; i < count; i++)
        push_capture(m, i, s, end);
    return count;
}

static struct match new_match(lua_State *guest, const char *text, size_t size, const char *pattern,
                              size_t pattern_size) {
    return (struct match){
        .guest = guest,
        .text = text,
        .text_end = text + size,
        .pattern_end = pattern + pattern_size,
    };
}

/* Where to begin, counted from 0; more than `size`: nowhere. */
static size_t start_of(lua_State *guest, int index, size_t size) {
    lua_Integer init = luaL_optinteger(guest, index, 1);
    if (init > 0)
        return (size_t)init - 1;
    if (init == 0 || init < -(lua_Integer)size)
        return 0;
    return size + (size_t)init;
}

static const char *find_plain(lua_State *guest, const char *text, size_t size, const char *wanted,
                              size_t length) {
    const char *end = text + size;
    while ((size_t)(end - text) >= length) {
        if (length == 0)
            return text;
        const char *at = memchr(text, *wanted, (size_t)(end - text) - length + 1);
        sandbox_charge(guest, 1 + (size_t)((at ? at : end) - text) / STEP_BYTES);
        if (!at)
            return NULL;
        sandbox_charge(guest, length / STEP_BYTES);
        if (memcmp(at, wanted, length) == 0)
            return at;
        text = at + 1;
    }
    return NULL;
}

static int find_or_match(lua_State *guest, bool find) {
    size_t size, pattern_size;
    const char *text = luaL_checklstring(guest, 1, &size);
    const char *pattern = luaL_checklstring(guest, 2, &pattern_size);
    size_t start = start_of(guest, 3, size);
    if (start > size) {
        lua_pushnil(guest);
        return 1;
    }
    bool plain = lua_toboolean(guest, 4);
    if (find && !plain) {
        plain = true;
        for (size_t i = 0; i < pattern_size && plain; i++)
            plain = !pattern[i] || !strchr(SPECIALS, pattern[i]);
    }
    if (find && plain) {
        const char *at = find_plain(guest, text + start, size - start, pattern, pattern_size);
        if (!at) {
            lua_pushnil(guest);
            return 1;
        }
        lua_pushinteger(guest, at - text + 1);
        lua_pushinteger(guest, at - text + (ptrdiff_t)pattern_size);
        return 2;
    }
    struct match m = new_match(guest, text, size, pattern, pattern_size);
    bool anchored = pattern_size > 0 && *pattern == '^';
    const char *s = text + start;
    do {
        const char *end = begin_match(&m, s, pattern + anchored);
        if (!end)
            continue;
        if (!find)
            return push_captures(&m, s, end);
        lua_pushinteger(guest, s - text + 1);
        lua_pushinteger(guest, end - text);
        return push_captures(&m, NULL, NULL) + 2;
    } while (s++ < m.text_end && !anchored);
    lua_pushnil(guest);
    return 1;
}

static int find(lua_State *guest) {
    return find_or_match(guest, true);
}

static int match(lua_State *guest) {
    return find_or_match(guest, false);
}

/* Upvalues: the text, the pattern, where to go on, where the last match ended or -1. */
static int next_match(lua_State *guest) {
    size_t size, pattern_size;
    const char *text = lua_tolstring(guest, lua_upvalueindex(1), &size);
    const char *pattern = lua_tolstring(guest, lua_upvalueindex(2), &pattern_size);
    lua_Integer last = lua_tointeger(guest, lua_upvalueindex(4));
    struct match m = new_match(guest, text, size, pattern, pattern_size);
    const char *s = text + lua_tointeger(guest, lua_upvalueindex(3));
    for (; s <= m.text_end; s++) {
        const char *end = begin_match(&m, s, pattern);
        if (end && end - text != last) {
            lua_pushinteger(guest, end - text);
            lua_pushvalue(guest, -1);
            lua_replace(guest, lua_upvalueindex(3));
            lua_replace(guest, lua_upvalueindex(4));
            return push_captures(&m, s, end);
        }
    }
    return 0;
}

static int gmatch(lua_State *guest) {
    size_t size;
    luaL_checklstring(guest, 1, &size);
    luaL_checklstring(guest, 2, NULL);
    size_t start = start_of(guest, 3, size);
    lua_settop(guest, 2);
    lua_pushinteger(guest, (lua_Integer)(start > size ? size + 1 : start));
    lua_pushinteger(guest, -1);
    lua_pushcclosure(guest, next_match, 4);
    return 1;
}

static void add_text(struct match *m, luaL_Buffer *buffer, const char *s, const char *end) {
    size_t size;
    const char *text = lua_tolstring(m->guest, 3, &size);
    for (size_t i = 0; i < size; i++) {
        sandbox_charge(m->guest, 1);
        if (text[i] != ESCAPE) {
            luaL_addchar(buffer, text[i]);
            continue;
        }
        i++;
        if (i < size && text[i] == ESCAPE) {
            luaL_addchar(buffer, ESCAPE);
        } else if (i < size && text[i] == '0') {
            luaL_addlstring(buffer, s, (size_t)(end - s));
        } else if (i < size && is_digit((unsigned char)text[i])) {
            push_capture(m, text[i] - '1', s, end);
            luaL_tolstring(m->guest, -1, NULL);
            lua_remove(m->guest, -2);
            luaL_addvalue(buffer);
        } else {
            luaL_error(m->guest, "invalid use of '%%' in replacement string");
        }
    }
}

/* Adds what a match is replaced by. */
static void add_replacement(struct match *m, luaL_Buffer *buffer, const char *s, const char *end) {
    switch (lua_type(m->guest, 3)) {
    case LUA_TFUNCTION:
        lua_pushvalue(m->guest, 3);
        lua_call(m->guest, push_captures(m, s, end), 1);
        break;
    case LUA_TTABLE:
        push_capture(m, 0, s, end);
        lua_gettable(m->guest, 3);
        break;
    default:
        add_text(m, buffer, s, end);
        return;
    }
    if (!lua_toboolean(m->guest, -1)) {
        lua_pop(m->guest, 1);
        luaL_addlstring(buffer, s, (size_t)(end - s));
    } else if (lua_isstring(m->guest, -1)) {
        luaL_addvalue(buffer);
    } else {
        luaL_error(m->guest, "invalid replacement value (a %s)", luaL_typename(m->guest, -1));
    }
}

static int gsub(lua_State *guest) {
    size_t size, pattern_size;
    const char *s = luaL_checklstring(guest, 1, &size);
    const char *pattern = luaL_checklstring(guest, 2, &pattern_size);
    int type = lua_type(guest, 3);
    luaL_argexpected(guest,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                         type == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most = luaL_optinteger(guest, 4, (lua_Integer)size + 1);
    bool anchored = pattern_size > 0 && *pattern == '^';
    struct match m = new_match(guest, s, size, pattern, pattern_size);
    const char *last = NULL;
    lua_Integer count = 0;
    luaL_Buffer buffer;
    luaL_buffinit(guest, &buffer);
    while (count < most) {
        const char *end = begin_match(&m, s, pattern + anchored);
        if (end && end != last) {
            count++;
            add_replacement(&m, &buffer, s, end);
            s = last = end;
        } else if (s < m.text_end) {
            luaL_addchar(&buffer, *s);
            s++;
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&buffer, s, (size_t)(m.text_end - s));
    luaL_pushresult(&buffer);
    lua_pushinteger(guest, count);
    return 2;
}

void patterns_add(lua_State *guest) {
    static const luaL_Reg functions[] = {
        {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {NULL, NULL},
    };
    luaL_setfuncs(guest, functions, 0);
}
