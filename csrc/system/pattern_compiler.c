/* Compiles a pattern into a row of items. Where they turn out to be more than there is room for,
 * the source is read again into as much room as they need. Classes are those of ASCII, whatever the
 * locale is. */
#include "system/pattern_compiler.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#include "system/sandbox_state.h"

#define SOURCE_STEP_BYTES 4 /* so much is compiled in a step */

struct compiler {
    lua_State *guest;
    const char *source;
    const char *at;
    const char *end;
    struct pattern_item *items;
    size_t room;
    size_t count;
    struct pattern_item beyond; /* in the place of those for which there is no room */
    size_t choice;
    unsigned char captures;
    unsigned char open[PATTERN_CAPTURES]; /* captures that are not closed, the innermost last */
    int open_count;
    uint32_t closed; /* a bit for each capture */
};

static void refuse(struct compiler *c, const char *at, const char *why) {
    luaL_error(c->guest, "malformed pattern: %s (character %I)", why,
               (LUAI_UACINT)(at - c->source) + 1);
}

static struct pattern_item *add_item(struct compiler *c, enum pattern_kind kind) {
    struct pattern_item *item = c->count < c->room ? &c->items[c->count] : &c->beyond;
    c->count++;
    memset(item, 0, sizeof *item);
    item->kind = kind;
    item->choice = c->choice;
    return item;
}

static void add_range(uint64_t set[4], unsigned char first, unsigned char last) {
    for (unsigned character = first; character <= last; character++)
        set[character / 64] |= UINT64_C(1) << (character % 64);
}

static bool is_among(const char *characters, char character) {
    return character && strchr(characters, character);
}

/* What `%` and a character stand for: a class, its complement, or the character. */
static void add_escaped(uint64_t set[4], char character) {
    static const struct {
        char letter;
        unsigned char ranges[8];
        size_t count;
    } classes[] = {
        {'a', "AZaz", 2},   {'c', "\0\x1F\x7F\x7F", 2}, {'d', "09", 1},     {'g', "!~", 1},
        {'l', "az", 1},     {'p', "!/:@[`{~", 4},       {'s', "\t\r  ", 2}, {'u', "AZ", 1},
        {'w', "09AZaz", 3}, {'x', "09AFaf", 3},         {'z', "\0\0", 1},
    };
    bool upper = character >= 'A' && character <= 'Z';
    char letter = (char)(upper ? character - 'A' + 'a' : character);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (classes[i].letter != letter)
            continue;
        uint64_t members[4] = {0};
        for (size_t range = 0; range < classes[i].count; range++)
            add_range(members, classes[i].ranges[2 * range], classes[i].ranges[2 * range + 1]);
        for (int word = 0; word < 4; word++)
            set[word] |= upper ? ~members[word] : members[word];
        return;
    }
    add_range(set, (unsigned char)character, (unsigned char)character);
}

/* How many characters of a set are before its closing ']': one that is first, or behind a '%', is a
 * member. */
static size_t size_of_set(const struct compiler *c) {
    size_t left = (size_t)(c->end - c->at), size = 0;
    while (size < left && (size == 0 || c->at[size] != ']'))
        size += c->at[size] == '%' ? 2 : 1;
    return size < left ? size : left;
}

/* Reads a set, from behind its '['. Where a range ends with a '%', which has no meaning by Lua's
 * manual, it means what it does to Lua. */
static void read_set(struct compiler *c, uint64_t set[4]) {
    const char *open = c->at - 1;
    bool complement = c->at < c->end && *c->at == '^';
    c->at += complement;
    const char *close = c->at + size_of_set(c);
    if (close == c->end)
        refuse(c, open, "'[' without its ']'");
    while (c->at < close) {
        unsigned char first = (unsigned char)*c->at++;
        if (first == '%') {
            add_escaped(set, *c->at++);
        } else if (close - c->at >= 2 && *c->at == '-') {
            add_range(set, first, (unsigned char)c->at[1]);
            c->at += 2;
        } else {
            add_range(set, first, first);
        }
    }
    c->at = close + 1;
    for (int word = 0; complement && word < 4; word++)
        set[word] = ~set[word];
}

static bool repeats(const struct compiler *c, const char *at) {
    return at < c->end && (*at == '*' || *at == '+' || *at == '-' || *at == '?');
}

/* Reads a class of single characters, and how often it is repeated. */
static void read_class(struct compiler *c) {
    struct pattern_item *item = add_item(c, PATTERN_CLASS);
    char character = *c->at++;
    if (character == '[')
        read_set(c, item->set);
    else if (character == '%')
        add_escaped(item->set, *c->at++);
    else if (character == '.')
        add_range(item->set, 0, 255);
    else
        add_range(item->set, (unsigned char)character, (unsigned char)character);

    if (!repeats(c, c->at))
        return;
    char repetition = *c->at++;
    item->lazy = repetition == '-';
    item->optional = repetition != '+';
    item->repeated = repetition != '?';
    c->choice = c->count;
}

/* Reads what `%` begins. */
static void read_escape(struct compiler *c) {
    size_t left = (size_t)(c->end - c->at);
    if (left < 2)
        refuse(c, c->at, "'%' without a character after it");
    char character = c->at[1];
    if (character == 'b') {
        if (left < 4)
            refuse(c, c->at, "'%b' without two characters after it");
        struct pattern_item *item = add_item(c, PATTERN_BALANCED);
        item->pair[0] = c->at[2];
        item->pair[1] = c->at[3];
        c->at += 4;
    } else if (character == 'f') {
        if (left < 3 || c->at[2] != '[')
            refuse(c, c->at, "'%f' without a set after it");
        c->at += 3;
        read_set(c, add_item(c, PATTERN_FRONTIER)->set);
    } else if (character >= '0' && character <= '9') {
        if (character == '0' || !(c->closed >> (character - '1') & 1))
            refuse(c, c->at, "a reference to a capture that is not closed before it");
        add_item(c, PATTERN_REFERENCE)->capture = (unsigned char)(character - '1');
        c->at += 2;
    } else {
        read_class(c);
    }
}

static void read_open(struct compiler *c) {
    if (c->captures == PATTERN_CAPTURES)
        refuse(c, c->at, "more than 32 captures");
    unsigned char capture = c->captures++;
    c->at++;
    if (c->at < c->end && *c->at == ')') {
        c->at++;
        c->closed |= UINT32_C(1) << capture;
        add_item(c, PATTERN_POSITION)->capture = capture;
    } else {
        c->open[c->open_count++] = capture;
        add_item(c, PATTERN_OPEN)->capture = capture;
    }
}

static void read_close(struct compiler *c) {
    if (c->open_count == 0)
        refuse(c, c->at, "')' without its '('");
    unsigned char capture = c->open[--c->open_count];
    c->at++;
    c->closed |= UINT32_C(1) << capture;
    add_item(c, PATTERN_CLOSE)->capture = capture;
}

static bool is_last_dollar(const struct compiler *c, const char *at) {
    return *at == '$' && at + 1 == c->end;
}

/* Reads up to `to` as text. */
static void add_text(struct compiler *c, const char *to) {
    struct pattern_item *item = add_item(c, PATTERN_TEXT);
    item->literal.text = c->at;
    item->literal.size = (size_t)(to - c->at);
    c->at = to;
}

/* Reads characters that stand for themselves, or one such that is repeated. */
static void read_text(struct compiler *c) {
    const char *to = c->at;
    while (to < c->end && !is_among("()[.%", *to) && !is_last_dollar(c, to) && !repeats(c, to + 1))
        to++;
    if (to == c->at) {
        read_class(c);
        return;
    }
    add_text(c, to);
}

static void read_source(struct compiler *c, bool anchored) {
    c->at = c->source + anchored;
    c->count = 0;
    c->choice = 0;
    c->captures = 0;
    c->open_count = 0;
    c->closed = 0;
    while (c->at < c->end) {
        if (*c->at == '(') {
            read_open(c);
        } else if (*c->at == ')') {
            read_close(c);
        } else if (*c->at == '%') {
            read_escape(c);
        } else if (is_last_dollar(c, c->at)) {
            add_item(c, PATTERN_END);
            c->at++;
        } else {
            read_text(c);
        }
    }
    if (c->open_count > 0)
        refuse(c, c->end, "'(' without its ')'");
}

static bool is_plain(const char *source, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (is_among("^$%.([*+-?", source[i]))
            return false;
    }
    return true;
}

void pattern_compile(lua_State *guest, struct pattern *p, const char *source, size_t size,
                     enum pattern_syntax syntax) {
    struct compiler c = {
        .guest = guest,
        .source = source,
        .end = source + size,
        .items = p->few,
        .room = PATTERN_FEW,
    };
    if (syntax != PATTERN_PLAIN)
        sandbox_charge(guest, 1 + size / SOURCE_STEP_BYTES);
    p->anchored = false;
    if (syntax == PATTERN_PLAIN || (syntax == PATTERN_SOUGHT && is_plain(source, size))) {
        c.at = source;
        add_text(&c, c.end);
    } else {
        p->anchored = syntax != PATTERN_FLOATING && size > 0 && *source == '^';
        read_source(&c, p->anchored);
    }
    if (c.count > c.room) {
        c.room = c.count;
        c.items = lua_newuserdatauv(guest, c.room * sizeof *c.items, 0);
        read_source(&c, p->anchored);
    } else {
        lua_pushnil(guest);
    }
    p->items = c.items;
    p->count = c.count;
    p->captures = c.captures;
}
