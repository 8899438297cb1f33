#include "system/flat_object.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define MEMBERS_LIMIT 64
#define DIGITS_LIMIT 18

struct text {
    const char *start;
    size_t length;
    bool escaped;
};

struct member {
    struct text name;
    enum { TEXT, INTEGER, BOOLEAN } type;
    struct text text;
    lua_Integer integer; /* or 0 and 1 */
};

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
    text->escaped = false;
    while (at < end && *at != '"' && (unsigned char)*at >= 0x20) {
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

static const char *read_member(const char *at, const char *end, struct member *member) {
    at = read_text(at, end, &member->name);
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
static int read_members(const char *at, const char *end, struct member *members) {
    int count = 0;
    at = skip_blanks(at, end);
    if (at == end || *at != '{')
        return -1;
    for (;;) {
        at = skip_blanks(at + 1, end);
        if (count == MEMBERS_LIMIT)
            return -1;
        at = read_member(at, end, &members[count]);
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

int flat_object_decode(lua_State *L) {
    struct member members[MEMBERS_LIMIT];
    size_t length;
    const char *line = luaL_checklstring(L, 1, &length);
    int count = read_members(line, line + length, members);
    if (count < 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, count);
    for (int i = 0; i < count; i++) {
        const struct member *member = &members[i];
        push_text(L, &member->name);
        if (member->type == TEXT)
            push_text(L, &member->text);
        else if (member->type == BOOLEAN)
            lua_pushboolean(L, (int)member->integer);
        else
            lua_pushinteger(L, member->integer);
        lua_rawset(L, -3);
    }
    return 1;
}
