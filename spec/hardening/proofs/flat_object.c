/* Any line, after the start of one: every byte that is read lies within it, and what is handed to
 * Lua too. Of Lua there are only the functions that are called. */
#include "proof.h"

static int compare_bytes(const void *one, const void *other, size_t length) {
    const uint8_t *a = one, *b = other;
    for (size_t i = 0; i < length; i++)
        if (a[i] != b[i])
            return a[i] - b[i];
    return 0;
}

#define memcmp compare_bytes
#include "system/flat_object.c"

static char line[BOUND + 1];
static size_t line_length;
static struct shape shape;
static char names[MEMBERS_LIMIT][BOUND + 1];
static const char known_name[] = {'a'};
static const char *last_pushed;
static size_t last_length;
static char *text_start;
static size_t text_room;
static int pushed;

const char *luaL_checklstring(lua_State *L, int index, size_t *length) {
    *length = line_length;
    return line + sizeof line - line_length;
}

/* Proven for itself. */
size_t utf16_from_utf8(const char *text, size_t length, uint8_t *utf16, size_t limit) {
    //@ assert 0 < length <= line_length;
    //@ assert \valid_read(text + (0 .. length - 1));
    return Frama_C_interval(0, 1) ? SIZE_MAX : 0;
}

static lua_Integer position;

lua_Integer luaL_checkinteger(lua_State *L, int index) {
    return position;
}

/*@ assigns \result \from index;
    ensures \false; */
int luaL_argerror(lua_State *L, int index, const char *message);

void *lua_touserdata(lua_State *L, int index) {
    return &shape;
}

const char *lua_pushlstring(lua_State *L, const char *text, size_t length) {
    //@ assert length <= line_length;
    //@ assert \valid_read(text + (0 .. length - 1));
    last_pushed = text;
    last_length = length;
    pushed++;
    return text;
}

static char texts[BOUND + 1];

char *luaL_buffinitsize(lua_State *L, luaL_Buffer *buffer, size_t size) {
    //@ assert size <= line_length;
    text_room = size;
    text_start = texts + sizeof texts - size;
    return text_start;
}

void luaL_pushresultsize(luaL_Buffer *buffer, size_t size) {
    //@ assert size <= text_room;
    //@ assert \initialized(text_start + (0 .. size - 1));
    last_pushed = text_start;
    last_length = size;
    pushed++;
}

void lua_createtable(lua_State *L, int array, int members) {
    //@ assert 0 <= members <= MEMBERS_LIMIT;
    pushed++;
}

void *lua_newuserdatauv(lua_State *L, size_t size, int values) {
    static const size_t most = sizeof shape;
    //@ assert size <= most;
    pushed++;
    return &shape;
}

void lua_pushcclosure(lua_State *L, lua_CFunction function, int values) {
    pushed -= values - 1;
}

void lua_pushboolean(lua_State *L, int truth) {
    //@ assert truth == 0 || truth == 1;
    pushed++;
}

void lua_pushinteger(lua_State *L, lua_Integer value) {
    //@ assert -1000000000000000000 < value < 1000000000000000000;
    pushed++;
}

void lua_rawset(lua_State *L, int index) {
    pushed -= 2;
}

void lua_pushvalue(lua_State *L, int index) {
    pushed++;
}

/* A name that is kept lies in the room of its number alone. */
static int kept;

void lua_rawseti(lua_State *L, int index, lua_Integer number) {
    //@ assert 1 <= number <= MEMBERS_LIMIT;
    kept = (int)number - 1;
    pushed--;
}

const char *lua_tolstring(lua_State *L, int index, size_t *length) {
    char *name = names[kept] + sizeof names[kept] - last_length;
    memcpy(name, last_pushed, last_length);
    *length = last_length;
    return name;
}

/* Whether the table of the line before is given back. */
int lua_rawequal(lua_State *L, int index, int other) {
    return Frama_C_interval(0, 1);
}

void lua_copy(lua_State *L, int from, int to) {
}

void lua_settop(lua_State *L, int top) {
    //@ assert top == GIVEN_BACK && pushed == 0 || top == -2 && pushed > 0;
    if (top < 0)
        pushed--;
}

void lua_pushnil(lua_State *L) {
    pushed++;
}

void lua_rawgeti(lua_State *L, int index, lua_Integer number) {
    //@ assert 1 <= number <= MEMBERS_LIMIT;
    pushed++;
}

#define MEMBERS_7 "\"\":1,\"\":1,\"\":1,\"\":1,\"\":1,\"\":1,\"\":1,"
#define MEMBERS_21 MEMBERS_7 MEMBERS_7 MEMBERS_7
#define MEMBERS_63 MEMBERS_21 MEMBERS_21 MEMBERS_21
static const struct {
    const char *start;
    size_t most; /* bytes between the two */
    const char *end;
} lines[] = {
    {"", 5, ""},
    {"{\"", 4, "\":1}"},
    {"{\"a\":\"", 4, "\"}"},
    {"{\"a\":", 4, "}"},
    {"{\"a\":0", 3, "\"a\":1}"},
    {"{\"a\":-1234567890123456", 3, "}"},
    {"{" MEMBERS_63 "\"\":1,", 2, ""},
    {"{" MEMBERS_63 "\"\":1,\"\":", 1, "}"}, /* for a fault */
};

/* After a line with this name in all places, or with an empty one, or with none that is known. */
static void know_names(size_t length) {
    for (int i = 0; i < MEMBERS_LIMIT; i++) {
        shape.members[i].name = length <= sizeof known_name ? known_name : NULL;
        shape.members[i].length = length;
    }
    shape.count = length == 0 ? 1 : MEMBERS_LIMIT;
}

#define MOST_KNOWN (sizeof known_name + 1)

/* The start, then any `more` bytes, then the end. */
static void try_line(const char *start, size_t more, const char *end, size_t known) {
    size_t started = strlen(start), ended = strlen(end);
    struct member members[MEMBERS_LIMIT];
    line_length = started + more + ended;
    char *from = line + sizeof line - line_length;
    memcpy(from, start, started);
    unknown(from + started, more);
    memcpy(from + started + more, end, ended);
    know_names(known);
    pushed = 0;
    turns = 0;
    int count = read_members(from, line + sizeof line, &shape, members);
    if (count >= 0)
        push_object(NULL, &shape, members, count);
    //@ assert turns <= 8 * BOUND && (pushed == 0 || pushed == 1);
}

/* So many bytes of any, and a line behind them, from a position on. */
static void try_position(size_t length, lua_Integer from, size_t known) {
    static const char behind[] = {'{', '"', '"', ':', '1', '}', '\n'};
    line_length = length + sizeof behind;
    unknown(line + sizeof line - line_length, length);
    memcpy(line + sizeof line - sizeof behind, behind, sizeof behind);
    position = from;
    know_names(known);
    pushed = 0;
    turns = 0;
    int given = decode(NULL);
    //@ assert turns <= 8 * BOUND && (given == 0 || given == 3) && (pushed == 0 || pushed == 3);
}

#ifndef MOST
#define MOST lines[LINE].most
#endif

int main(void) {
#ifdef LINE
    for (size_t known = 0; known <= MOST_KNOWN; known++)
        for (size_t more = 0; more <= MOST; more++)
            try_line(lines[LINE].start, more, lines[LINE].end, known);
#else
    flat_object_decoder(NULL);
    //@ assert pushed == 1;
    for (size_t known = 0; known <= MOST_KNOWN; known++)
        for (size_t length = 0; length <= MOST; length++)
            for (lua_Integer from = 1; from <= (lua_Integer)length + 8; from++)
                try_position(length, from, known);
    /* A position that is not in the text raises. */
    if (Frama_C_interval(0, 1))
        try_position(0, 0, 0);
    if (Frama_C_interval(0, 1))
        try_position(0, 9, 0);
#endif
    return 0;
}
