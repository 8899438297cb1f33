/* The functions of a sandbox that take patterns: find, match, gmatch and gsub. */
#include "system/sandbox_patterns.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "system/pattern.h"
#include "system/sandbox_state.h"

#define SPECIALS "^$*+?.([%-"
#define STEP_BYTES 32 /* so much is compared in a step */

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
    struct match m = pattern_begin(guest, text, size, pattern, pattern_size);
    bool anchored = pattern_size > 0 && *pattern == '^';
    const char *s = text + start;
    do {
        const char *end = pattern_match(&m, s, pattern + anchored);
        if (!end)
            continue;
        if (!find)
            return pattern_push_captures(&m, s, end);
        lua_pushinteger(guest, s - text + 1);
        lua_pushinteger(guest, end - text);
        return pattern_push_captures(&m, NULL, NULL) + 2;
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
    struct match m = pattern_begin(guest, text, size, pattern, pattern_size);
    const char *s = text + lua_tointeger(guest, lua_upvalueindex(3));
    for (; s <= m.text_end; s++) {
        const char *end = pattern_match(&m, s, pattern);
        if (end && end - text != last) {
            lua_pushinteger(guest, end - text);
            lua_pushvalue(guest, -1);
            lua_replace(guest, lua_upvalueindex(3));
            lua_replace(guest, lua_upvalueindex(4));
            return pattern_push_captures(&m, s, end);
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
        if (text[i] != '%') {
            luaL_addchar(buffer, text[i]);
            continue;
        }
        i++;
        if (i < size && text[i] == '%') {
            luaL_addchar(buffer, '%');
        } else if (i < size && text[i] == '0') {
            luaL_addlstring(buffer, s, (size_t)(end - s));
        } else if (i < size && text[i] >= '1' && text[i] <= '9') {
            pattern_push_capture(m, text[i] - '1', s, end);
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
        lua_call(m->guest, pattern_push_captures(m, s, end), 1);
        break;
    case LUA_TTABLE:
        pattern_push_capture(m, 0, s, end);
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
    struct match m = pattern_begin(guest, s, size, pattern, pattern_size);
    const char *last = NULL;
    lua_Integer count = 0;
    luaL_Buffer buffer;
    luaL_buffinit(guest, &buffer);
    while (count < most) {
        const char *end = pattern_match(&m, s, pattern + anchored);
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

void sandbox_add_patterns(lua_State *guest) {
    static const luaL_Reg functions[] = {
        {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {NULL, NULL},
    };
    luaL_setfuncs(guest, functions, 0);
}
