#include "workspace/lua_answer.h"

#include <lauxlib.h>
#include <string.h>

#include "binding/on_wait.h"

#define SUCCESS_CODE "WKS.00000000"

static bool is_null(lua_State *L, int index) {
    return lua_isnil(L, index) || (lua_islightuserdata(L, index) && !lua_touserdata(L, index));
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static size_t skip_blanks(const char *text, size_t length, size_t at) {
    while (at < length && is_blank(text[at]))
        at++;
    return at;
}

static size_t skip_digits(const char *text, size_t length, size_t at) {
    while (at < length && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

/* Where the string that begins at `at` ends. */
static size_t skip_string(const char *text, size_t length, size_t at) {
    const char *quote;
    for (at++; at < length && (quote = memchr(text + at, '"', length - at)) != NULL;) {
        size_t end = (size_t)(quote - text), escapes = end;
        while (escapes > at && text[escapes - 1] == '\\')
            escapes--;
        at = end + 1;
        if ((end - escapes) % 2 == 0)
            return at;
    }
    return length;
}

static bool ends_word(char character) {
    switch (character) {
    case '\0':
    case ',':
    case ':':
    case '"':
    case '[':
    case ']':
    case '{':
    case '}':
        return true;
    default:
        return is_blank(character);
    }
}

/* Where a word of letters, digits and signs ends. */
static size_t skip_word(const char *text, size_t length, size_t at) {
    while (at < length && !ends_word(text[at]))
        at++;
    return at;
}

/* Whether all of it is a number as JSON has them. */
static bool is_number(const char *text, size_t length) {
    size_t at = length > 0 && text[0] == '-';
    size_t digits = skip_digits(text, length, at);
    if (digits == at || (text[at] == '0' && digits > at + 1))
        return false;
    at = digits;
    if (at < length && text[at] == '.') {
        digits = skip_digits(text, length, at + 1);
        if (digits == at + 1)
            return false;
        at = digits;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < length && (text[at] == '+' || text[at] == '-'))
            at++;
        digits = skip_digits(text, length, at);
        if (digits == at)
            return false;
        at = digits;
    }
    return at == length;
}

/* Whether what stands between `at` and `end` is a number, and no name of a member. */
static bool is_value(const char *text, size_t length, size_t at, size_t end) {
    if (!is_number(text + at, end - at))
        return false;
    size_t next = skip_blanks(text, length, end);
    return next == length || text[next] != ':';
}

static bool is_empty_object(const char *text, size_t length, size_t at) {
    if (text[at] != '{')
        return false;
    size_t end = skip_blanks(text, length, at + 1);
    return end < length && text[end] == '}';
}

/* [-0, +1, m] Pushes JSON in which numbers are strings, so that they come as they were written:
 * lua-cjson makes doubles of them, which do not hold an id of 20 digits. What is not a number of
 * JSON's stays as it is, for lua-cjson to refuse. An object without members gets one, since
 * lua-cjson gives the same table for `[]` and `{}`. */
static void push_readable(lua_State *L, const char *text, size_t length) {
    luaL_Buffer buffer;
    size_t copied = 0; /* 0: nothing was changed, and the buffer is not in use */
    for (size_t at = 0, end; at < length; at = end) {
        bool number = false, empty = false;
        if (text[at] == '"') {
            end = skip_string(text, length, at);
        } else if (ends_word(text[at])) {
            empty = is_empty_object(text, length, at);
            end = at + 1;
        } else {
            end = skip_word(text, length, at);
            number = is_value(text, length, at, end);
        }
        if (!number && !empty)
            continue;
        if (copied == 0)
            luaL_buffinit(L, &buffer);
        luaL_addlstring(&buffer, text + copied, (number ? at : end) - copied);
        if (number) {
            luaL_addchar(&buffer, '"');
            luaL_addlstring(&buffer, text + at, end - at);
            luaL_addchar(&buffer, '"');
        } else {
            luaL_addstring(&buffer, "\"\":null");
        }
        copied = end;
    }
    if (copied == 0) {
        lua_pushlstring(L, text, length);
        return;
    }
    luaL_addlstring(&buffer, text + copied, length - copied);
    luaL_pushresult(&buffer);
}

/* lua-cjson gives the same table for `[]` and `{}`. */
static bool begins_object(const char *text, size_t length) {
    size_t start = skip_blanks(text, length, 0);
    return start < length && text[start] == '{';
}

const struct answer_problem *answer_push_object(lua_State *L, int decode,
                                                const struct transfer *transfer) {
    static const struct answer_problem empty = {"EMPTY_BODY", "the answer has no body"};
    static const struct answer_problem invalid = {"INVALID_JSON",
                                                  "the answer is not JSON, or was cut off"};
    static const struct answer_problem no_object = {"NOT_AN_OBJECT",
                                                    "the answer is JSON, but not an object"};
    if (transfer->body_length == 0) {
        lua_pushnil(L);
        return &empty;
    }
    lua_pushvalue(L, decode);
    push_readable(L, transfer->body, transfer->body_length);
    struct waiter *waiter = lua_touserdata(L, 1);
    waiter->calling_back = true;
    int status = lua_pcall(L, 1, 1, 0);
    waiter->calling_back = false;
    if (status == LUA_ERRMEM)
        lua_error(L);
    if (status == LUA_OK && lua_istable(L, -1) &&
        begins_object(transfer->body, transfer->body_length))
        return NULL;
    lua_pop(L, 1);
    lua_pushnil(L);
    return status == LUA_OK ? &no_object : &invalid;
}

/* [-0, +0, m] */
static bool read_text(lua_State *L, int index, const char *name, char *to, size_t size,
                      const struct secrets *secrets) {
    lua_pushstring(L, name);
    lua_rawget(L, index);
    size_t length = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &length) : NULL;
    if (length > 0)
        plain_text_copy(to, size, text, length, secrets);
    lua_pop(L, 1);
    return length > 0;
}

/* [-0, +0, m] The object's error_code, or NULL if it has none; it lives as long as the object. */
static const char *error_code(lua_State *L, int index) {
    lua_pushliteral(L, "error_code");
    const char *code = lua_rawget(L, index) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    lua_pop(L, 1);
    return code[0] ? code : NULL;
}

bool answer_read_failure(lua_State *L, int index, struct http_failure *failure,
                         const struct secrets *secrets) {
    const char *code = error_code(L, index);
    read_text(L, index, "request_id", failure->request_id, sizeof failure->request_id, secrets);
    if (code && strcmp(code, SUCCESS_CODE) == 0)
        return false;
    bool said = read_text(L, index, "error_code", failure->code, sizeof failure->code, secrets);
    said |= read_text(L, index, "error_msg", failure->message, sizeof failure->message, secrets);
    /* IAM puts it into an object of its own. */
    lua_pushliteral(L, "error");
    lua_rawget(L, index);
    if (!said && lua_istable(L, -1))
        said = read_text(L, lua_gettop(L), "message", failure->message, sizeof failure->message,
                         secrets);
    lua_pop(L, 1);
    return said;
}

/* [-0, +0, m] False if a field that is known holds what it cannot. */
static bool clean_row(lua_State *L, int row, int fields) {
    lua_pushnil(L);
    while (lua_next(L, row)) {
        lua_pushvalue(L, -2);
        bool known = lua_rawget(L, fields) != LUA_TNIL;
        if (known && lua_type(L, -2) == LUA_TSTRING) {
            lua_pop(L, 2);
            continue;
        }
        if (known && !is_null(L, -2)) {
            lua_pop(L, 3);
            return false;
        }
        lua_pop(L, 2);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, row);
    }
    return true;
}

/* [-0, +0, m] Whether every key of the table is an index of the list. */
static bool is_list(lua_State *L, int index, lua_Integer length) {
    lua_Integer keys = 0;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || ++keys > length) {
            lua_pop(L, 1);
            return false;
        }
    }
    return true;
}

const struct answer_problem *answer_push_rows(lua_State *L, int index, const char *name, int fields,
                                              lua_Integer *count) {
    static const struct answer_problem no_list = {"NO_LIST", "the answer has no list of sessions"};
    static const struct answer_problem invalid = {"INVALID_LIST",
                                                  "the answer's list is not one of sessions"};
    lua_pushstring(L, name);
    bool absent = lua_rawget(L, index) == LUA_TNIL;
    int list = lua_gettop(L);
    *count = 0;
    const char *code = error_code(L, index);
    bool failed = code && strcmp(code, SUCCESS_CODE) != 0;
    /* A list that is null is one without sessions. Where there is none, nothing shows that the
     * service looked for sessions: anything that stands in its place may answer `{}`. */
    if (!absent && is_null(L, list) && !failed) {
        lua_pop(L, 1);
        lua_newtable(L);
        return NULL;
    }
    lua_Integer length = lua_istable(L, list) ? (lua_Integer)lua_rawlen(L, list) : 0;
    bool valid = lua_istable(L, list) && is_list(L, list, length) && !failed;
    for (lua_Integer i = 1; valid && i <= length; i++) {
        lua_rawgeti(L, list, i);
        valid = lua_istable(L, -1) && clean_row(L, list + 1, fields);
        lua_pop(L, 1);
    }
    *count = length;
    if (valid)
        return NULL;
    lua_pop(L, 1);
    return absent ? &no_list : &invalid;
}
