#include "workspace/lua_answer.h"

#include <lauxlib.h>
#include <string.h>

#define SUCCESS_CODE "WKS.00000000"

static bool is_null(lua_State *L, int index) {
    return lua_isnil(L, index) || (lua_islightuserdata(L, index) && !lua_touserdata(L, index));
}

/* lua-cjson gives the same table for `[]` and `{}`. */
static bool begins_object(const char *text, size_t length) {
    static const char blanks[] = {' ', '\t', '\r', '\n'};
    size_t blank = 0;
    while (blank < length && memchr(blanks, text[blank], sizeof blanks))
        blank++;
    return blank < length && text[blank] == '{';
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
    lua_pushlstring(L, transfer->body, transfer->body_length);
    int status = lua_pcall(L, 1, 1, 0);
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

bool answer_read_failure(lua_State *L, int index, struct http_failure *failure,
                         const struct secrets *secrets) {
    bool told = read_text(L, index, "error_code", failure->code, sizeof failure->code, secrets);
    told |= read_text(L, index, "error_msg", failure->message, sizeof failure->message, secrets);
    read_text(L, index, "request_id", failure->request_id, sizeof failure->request_id, secrets);
    /* IAM puts it into an object of its own. */
    lua_pushliteral(L, "error");
    lua_rawget(L, index);
    if (!told && lua_istable(L, -1))
        told = read_text(L, lua_gettop(L), "message", failure->message, sizeof failure->message,
                         secrets);
    lua_pop(L, 1);
    return told;
}

/* [-0, +(0|1), m] Pushes the number at the top of the stack as it stands in a row, or nothing if
 * it is none. */
static bool push_number(lua_State *L) {
    if (lua_type(L, -1) != LUA_TNUMBER)
        return false;
    int is_integer;
    lua_Integer integer = lua_tointegerx(L, -1, &is_integer);
    if (is_integer)
        lua_pushinteger(L, integer);
    else
        lua_pushvalue(L, -1);
    lua_tostring(L, -1);
    return true;
}

/* [-0, +0, m] False if a field that is known holds what it cannot. */
static bool clean_row(lua_State *L, int row, int fields) {
    lua_pushnil(L);
    while (lua_next(L, row)) {
        lua_pushvalue(L, -2);
        bool known = lua_rawget(L, fields) != LUA_TNIL;
        lua_pop(L, 1);
        if (known && lua_type(L, -1) == LUA_TSTRING) {
            lua_pop(L, 1);
            continue;
        }
        if (!known || is_null(L, -1)) {
            lua_pushvalue(L, -2);
            lua_pushnil(L);
        } else if (push_number(L)) {
            lua_pushvalue(L, -3);
            lua_insert(L, -2);
        } else {
            lua_pop(L, 2);
            return false;
        }
        lua_rawset(L, row);
        lua_pop(L, 1);
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

/* [-0, +0, m] */
static bool has_fields(lua_State *L, int index) {
    lua_pushnil(L);
    if (!lua_next(L, index))
        return false;
    lua_pop(L, 2);
    return true;
}

/* [-0, +0, m] Whether an object without rows tells of a failure instead. */
static bool has_error_code(lua_State *L, int index) {
    lua_pushliteral(L, "error_code");
    const char *code = lua_rawget(L, index) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    bool is_error = code[0] && strcmp(code, SUCCESS_CODE) != 0;
    lua_pop(L, 1);
    return is_error;
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
    /* The service leaves out what is null, so an object without anything is an answer without
     * rows; one with other fields is something else. */
    bool failed = has_error_code(L, index);
    if (absent ? !has_fields(L, index) : is_null(L, list) && !failed) {
        lua_pop(L, 1);
        lua_newtable(L);
        return NULL;
    }
    lua_Integer length = lua_istable(L, list) ? (lua_Integer)lua_rawlen(L, list) : 0;
    bool valid = lua_istable(L, list) && is_list(L, list, length) && (length > 0 || !failed);
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
