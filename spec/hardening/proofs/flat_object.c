/* Any line, after the start of one: every byte that is read lies within it, and what is handed to
 * Lua too. Of Lua there are only the functions that are called. */
#include "proof.h"

#include "system/flat_object.c"

static char line[BOUND + 1];
static size_t line_length;
static char *text_start;
static size_t text_room;
static int pushed;

const char *luaL_checklstring(lua_State *L, int index, size_t *length) {
    *length = line_length;
    return line + sizeof line - line_length;
}

const char *lua_pushlstring(lua_State *L, const char *text, size_t length) {
    //@ assert length <= line_length;
    //@ assert \valid_read(text + (0 .. length - 1));
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
    pushed++;
}

void lua_pushnil(lua_State *L) {
    pushed++;
}

void lua_createtable(lua_State *L, int array, int members) {
    //@ assert 0 < members <= MEMBERS_LIMIT;
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

/* The start, then any `more` bytes, then the end. */
static void decode(const char *start, size_t more, const char *end) {
    size_t started = strlen(start), ended = strlen(end);
    line_length = started + more + ended;
    char *from = line + sizeof line - line_length;
    memcpy(from, start, started);
    unknown(from + started, more);
    memcpy(from + started + more, end, ended);
    pushed = 0;
    turns = 0;
    flat_object_decode(NULL);
    //@ assert turns <= 8 * BOUND && (pushed == 0 || pushed == 1);
}

#ifndef MOST
#define MOST lines[LINE].most
#endif

int main(void) {
    for (size_t more = 0; more <= MOST; more++)
        decode(lines[LINE].start, more, lines[LINE].end);
    return 0;
}
