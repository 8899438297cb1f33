/* The functions of a sandbox that take patterns: find, match, gmatch and gsub. The texts that a
 * compiled pattern points into stay alive as arguments, or as upvalues. */
#include "system/sandbox_patterns.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "system/pattern.h"
#include "system/pattern_compiler.h"
#include "system/sandbox_state.h"

enum { TEXT = 1, SOURCE = 2, REPLACEMENT = 3 };

/* [-0, +1, v] Compiles the pattern among the arguments, for the text there, and pushes what keeps
 * it. `init` is the argument that says where to begin; 0: at the start. */
static void begin(lua_State *guest, struct pattern *p, enum pattern_syntax syntax, int init) {
    size_t size, source_size;
    const char *text = luaL_checklstring(guest, TEXT, &size);
    const char *source = luaL_checklstring(guest, SOURCE, &source_size);
    lua_Integer first = init ? luaL_optinteger(guest, init, 1) : 1;
    size_t start = 0;
    if (first > 0)
        start = (lua_Unsigned)first - 1 > size ? size + 1 : (size_t)first - 1;
    else if (first < 0 && first >= -(lua_Integer)size)
        start = size - (size_t)-first;
    pattern_begin(p, text, size, start);
    pattern_compile(guest, p, source, source_size, syntax);
}

/* [-0, +1, v] Pushes the text, or the position, of a capture; without captures the first one is the
 * whole match. */
static void push_capture(lua_State *guest, const struct pattern *p, int capture) {
    const char *from = p->captures ? p->capture[capture].from : p->from;
    const char *to = p->captures ? p->capture[capture].to : p->to;
    if (!to) {
        lua_pushinteger(guest, from - p->text + 1);
        return;
    }
    sandbox_charge(guest, (size_t)(to - from) / PATTERN_STEP_BYTES);
    lua_pushlstring(guest, from, (size_t)(to - from));
}

/* [-0, +n, v] Pushes the first `count` captures. */
static int push_captures(lua_State *guest, const struct pattern *p, int count) {
    luaL_checkstack(guest, count, NULL);
    for (int i = 0; i < count; i++)
        push_capture(guest, p, i);
    return count;
}

/* The captures that a match gives: the whole of it where the pattern has none. */
static int results_of(const struct pattern *p) {
    return p->captures ? p->captures : 1;
}

static int find(lua_State *guest) {
    struct pattern p;
    begin(guest, &p, lua_toboolean(guest, 4) ? PATTERN_PLAIN : PATTERN_SOUGHT, 3);
    if (!pattern_next(guest, &p)) {
        lua_pushnil(guest);
        return 1;
    }
    lua_pushinteger(guest, p.from - p.text + 1);
    lua_pushinteger(guest, p.to - p.text);
    return 2 + push_captures(guest, &p, p.captures);
}

static int match(lua_State *guest) {
    struct pattern p;
    begin(guest, &p, PATTERN_ANCHORED, 3);
    if (!pattern_next(guest, &p)) {
        lua_pushnil(guest);
        return 1;
    }
    return push_captures(guest, &p, results_of(&p));
}

/* Upvalues: the text, the source, the compiled pattern, and what keeps its items. */
static int next_match(lua_State *guest) {
    struct pattern *p = lua_touserdata(guest, lua_upvalueindex(3));
    return pattern_next(guest, p) ? push_captures(guest, p, results_of(p)) : 0;
}

static int gmatch(lua_State *guest) {
    lua_settop(guest, 3);
    struct pattern *p = lua_newuserdatauv(guest, sizeof *p, 0);
    begin(guest, p, PATTERN_FLOATING, 3);
    lua_remove(guest, 3);
    lua_pushcclosure(guest, next_match, 4);
    return 1;
}

static void add_bytes(lua_State *guest, luaL_Buffer *buffer, const char *from, const char *to) {
    if (from == to)
        return;
    sandbox_charge(guest, (size_t)(to - from) / PATTERN_STEP_BYTES);
    luaL_addlstring(buffer, from, (size_t)(to - from));
}

/* Adds a replacement that is text, in which %0 to %9 are the match and its captures. */
static void add_template(lua_State *guest, luaL_Buffer *buffer, const struct pattern *p) {
    size_t size;
    const char *at = lua_tolstring(guest, REPLACEMENT, &size);
    const char *end = at + size;
    const char *percent;
    while (at < end && (percent = memchr(at, '%', (size_t)(end - at)))) {
        add_bytes(guest, buffer, at, percent);
        sandbox_charge(guest, 1);
        char what = '\0';
        if (percent + 1 < end)
            what = percent[1];
        at = percent + 2;
        if (what == '%') {
            luaL_addchar(buffer, '%');
        } else if (what == '0') {
            add_bytes(guest, buffer, p->from, p->to);
        } else if (what >= '1' && what <= '9') {
            if (what - '0' > results_of(p))
                luaL_error(guest, "'%%%c' in the replacement: the pattern has no such capture",
                           what);
            push_capture(guest, p, what - '1');
            luaL_addvalue(buffer);
        } else {
            luaL_error(guest, "'%%' in the replacement must be followed by a digit or by '%%'");
        }
    }
    if (at < end)
        add_bytes(guest, buffer, at, end);
}

/* Adds what a function or a table gives for the match: the match itself for false or nil. */
static void add_answer(lua_State *guest, luaL_Buffer *buffer, const struct pattern *p) {
    if (lua_type(guest, REPLACEMENT) == LUA_TTABLE) {
        push_capture(guest, p, 0);
        lua_gettable(guest, REPLACEMENT);
    } else {
        lua_pushvalue(guest, REPLACEMENT);
        lua_call(guest, push_captures(guest, p, results_of(p)), 1);
    }
    if (lua_isstring(guest, -1)) {
        luaL_addvalue(buffer);
        return;
    }
    if (lua_toboolean(guest, -1))
        luaL_error(guest, "the replacement is a %s, and must be a string, a number, false or nil",
                   luaL_typename(guest, -1));
    lua_pop(guest, 1);
    add_bytes(guest, buffer, p->from, p->to);
}

static int gsub(lua_State *guest) {
    lua_Integer limit = luaL_optinteger(guest, 4, LUA_MAXINTEGER);
    int type = lua_type(guest, REPLACEMENT);
    bool is_text = lua_isstring(guest, REPLACEMENT);
    if (!is_text && type != LUA_TTABLE && type != LUA_TFUNCTION)
        return luaL_typeerror(guest, REPLACEMENT, "string, table or function");
    struct pattern p;
    begin(guest, &p, PATTERN_ANCHORED, 0);
    const char *added = p.text;
    lua_Integer count = 0;
    luaL_Buffer buffer;
    luaL_buffinit(guest, &buffer);
    while (count < limit && pattern_next(guest, &p)) {
        add_bytes(guest, &buffer, added, p.from);
        added = p.to;
        count++;
        if (is_text)
            add_template(guest, &buffer, &p);
        else
            add_answer(guest, &buffer, &p);
    }
    add_bytes(guest, &buffer, added, p.text_end);
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
