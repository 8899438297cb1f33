#include "system/flat_object.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/utf16.h"

#define MEMBERS_LIMIT 64
#define DIGITS_LIMIT 18

struct text {
    const char *start;
    size_t length;
    bool escaped;
};

enum type { TEXT, INTEGER, BOOLEAN };

/* What stood last at a place among the members of a line. */
struct known {
    const char *name; /* as a table of the function keeps it; NULL for one with escapes */
    size_t length;
    enum type type;
};

struct member {
    struct text name; /* if has_known_name is false */
    struct text text;
    lua_Integer integer; /* or 0 and 1 */
    enum type type;
    bool has_known_name;
};

/* The members of the line before. The next line has mostly the same names and types. */
struct shape {
    lua_Integer number;
    int count;
    struct known members[MEMBERS_LIMIT];
};

#define SHAPE lua_upvalueindex(1)
#define NAMES lua_upvalueindex(2)
#define OBJECT lua_upvalueindex(3) /* the table of the line before */
#define GIVEN_BACK 3

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/* These return where to go on, or NULL. */

static const char *read_text(const char *at, const char *end, struct text *text) {
    if (at == end || *at != '"')
        return NULL;
    const char *start = ++at;
    unsigned int bits = 0;
    text->escaped = false;
    while (at < end && *at != '"' && (unsigned char)*at >= 0x20) {
        bits |= (unsigned char)*at;
        if (*at == '\\') {
            text->escaped = true;
            if (++at == end || (*at != '\\' && *at != '"'))
                return NULL;
        }
        at++;
    }
    if (at == end || *at != '"')
        return NULL;
    text->start = start;
    text->length = (size_t)(at - start);
    if (bits >= 0x80 && utf16_from_utf8(start, text->length, NULL, 0) == SIZE_MAX)
        return NULL;
    return at + 1;
}

static const char *read_integer(const char *at, const char *end, lua_Integer *integer) {
    bool negative = *at == '-';
    if (negative)
        at++;
    const char *start = at;
    lua_Integer value = 0;
    while (at < end && *at >= '0' && *at <= '9') {
        if (at - start == DIGITS_LIMIT)
            return NULL;
        value = value * 10 + (*at++ - '0');
    }
    ptrdiff_t digits = at - start;
    if (digits == 0 || (digits > 1 && *start == '0'))
        return NULL;
    *integer = negative ? -value : value;
    return at;
}

static const char *read_word(const char *at, const char *end, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(end - at) < length || memcmp(at, word, length) != 0)
        return NULL;
    return at + length;
}

/* A name that was checked when it stood here last is compared, and not gone through. */
static const char *read_name(const char *at, const char *end, const struct known *known,
                             struct member *member) {
    size_t length = known->length;
    member->has_known_name = known->name && (size_t)(end - at) >= length + 2 && *at == '"' &&
                             at[length + 1] == '"' && memcmp(at + 1, known->name, length) == 0;
    return member->has_known_name ? at + length + 2 : read_text(at, end, &member->name);
}

static const char *read_member(const char *at, const char *end, const struct known *known,
                               struct member *member) {
    at = read_name(at, end, known, member);
    if (!at)
        return NULL;
    at = skip_blanks(at, end);
    if (at == end || *at != ':')
        return NULL;
    at = skip_blanks(at + 1, end);
    if (at == end)
        return NULL;
    if (*at == '"') {
        member->type = TEXT;
        return read_text(at, end, &member->text);
    }
    if (*at == 't' || *at == 'f') {
        member->type = BOOLEAN;
        member->integer = *at == 't';
        return read_word(at, end, member->integer ? "true" : "false");
    }
    member->type = INTEGER;
    return read_integer(at, end, &member->integer);
}

/* Returns how many members there are, or -1. */
static int read_members(const char *at, const char *end, const struct shape *shape,
                        struct member *members) {
    int count = 0;
    at = skip_blanks(at, end);
    if (at == end || *at != '{')
        return -1;
    for (;;) {
        at = skip_blanks(at + 1, end);
        if (count == MEMBERS_LIMIT)
            return -1;
        at = read_member(at, end, &shape->members[count], &members[count]);
        if (!at)
            return -1;
        count++;
        at = skip_blanks(at, end);
        if (at == end)
            return -1;
        if (*at == '}')
            return skip_blanks(at + 1, end) == end ? count : -1;
        if (*at != ',')
            return -1;
    }
}

/* [-0, +1, m] */
static void push_text(lua_State *L, const struct text *text) {
    if (!text->escaped) {
        lua_pushlstring(L, text->start, text->length);
        return;
    }
    luaL_Buffer buffer;
    char *to = luaL_buffinitsize(L, &buffer, text->length);
    size_t length = 0;
    for (size_t i = 0; i < text->length; i++) {
        if (text->start[i] == '\\')
            i++;
        to[length++] = text->start[i];
    }
    luaL_pushresultsize(&buffer, length);
}

/* [-0, +1, m] Pushes the name of a member, and keeps it. */
static void push_name(lua_State *L, struct known *known, int place, const struct member *member) {
    if (member->has_known_name) {
        lua_rawgeti(L, NAMES, place);
        return;
    }
    known->name = NULL; /* until there is another */
    push_text(L, &member->name);
    lua_pushvalue(L, -1);
    lua_rawseti(L, NAMES, place);
    if (!member->name.escaped)
        known->name = lua_tolstring(L, -1, &known->length);
}

/* [-0, +1, m] Pushes the table of the line before, if that was given back and has these names. */
static void push_table(lua_State *L, const struct member *members, int count, bool is_alike) {
    for (int i = 0; i < count; i++)
        is_alike = is_alike && members[i].has_known_name;
    if (is_alike && lua_rawequal(L, GIVEN_BACK, OBJECT)) {
        lua_pushvalue(L, OBJECT);
        return;
    }
    lua_createtable(L, 0, count);
    lua_pushvalue(L, -1);
    lua_replace(L, OBJECT);
}

/* [-0, +1, m] */
static void push_object(lua_State *L, struct shape *shape, const struct member *members,
                        int count) {
    bool is_alike = count == shape->count;
    shape->count = 0;
    push_table(L, members, count, is_alike);
    for (int i = 0; i < count; i++) {
        const struct member *member = &members[i];
        struct known *known = &shape->members[i];
        push_name(L, known, i + 1, member);
        if (!member->has_known_name || known->type != member->type)
            is_alike = false;
        known->type = member->type;
        if (member->type == TEXT)
            push_text(L, &member->text);
        else if (member->type == BOOLEAN)
            lua_pushboolean(L, (int)member->integer);
        else
            lua_pushinteger(L, member->integer);
        lua_rawset(L, -3);
    }
    shape->count = count;
    if (!is_alike)
        shape->number++;
}

static int decode(lua_State *L) {
    struct member members[MEMBERS_LIMIT];
    size_t length;
    const char *text = luaL_checklstring(L, 1, &length);
    lua_Integer position = luaL_checkinteger(L, 2);
    luaL_argcheck(L, position >= 1 && (lua_Unsigned)position <= length + 1, 2,
                  "is out of the text");
    const char *line = text + position - 1;
    const char *end = memchr(line, '\n', (size_t)(text + length - line));
    struct shape *shape = lua_touserdata(L, SHAPE);
    int count = end ? read_members(line, end, shape, members) : -1;
    if (count < 0)
        return 0;
    lua_settop(L, GIVEN_BACK);
    lua_pushinteger(L, end - text + 2);
    push_object(L, shape, members, count);
    lua_pushinteger(L, shape->number);
    return 3;
}

int flat_object_decoder(lua_State *L) {
    struct shape *shape = lua_newuserdatauv(L, sizeof *shape, 0);
    memset(shape, 0, sizeof *shape);
    lua_newtable(L);
    lua_pushnil(L);
    lua_pushcclosure(L, decode, 3);
    return 1;
}
