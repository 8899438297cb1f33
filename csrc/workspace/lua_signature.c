#include "workspace/lua_signature.h"

#include <lauxlib.h>
#include <string.h>

#include "binding/options.h"
#include "workspace/auth/signature.h"

#define HEADERS_LIMIT 32
#define AUTHORIZATION_SIZE 2048

/* [-0, +0, v] Reads the list of `{ name, value }`, which keeps the texts. */
static size_t read_headers(lua_State *L, struct signature_header headers[HEADERS_LIMIT]) {
    luaL_argcheck(L, lua_getfield(L, 1, "headers") == LUA_TTABLE, 1, "headers is missing");
    size_t count = (size_t)lua_rawlen(L, -1);
    luaL_argcheck(L, count <= HEADERS_LIMIT, 1, "too many headers");
    for (size_t i = 0; i < count; i++) {
        luaL_argcheck(L, lua_rawgeti(L, -1, (lua_Integer)i + 1) == LUA_TTABLE, 1,
                      "a header is { name, value }");
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 1,
                      "a header is { name, value }");
        headers[i].name = lua_tostring(L, -2);
        headers[i].value = lua_tostring(L, -1);
        lua_pop(L, 3);
    }
    lua_pop(L, 1);
    return count;
}

int signature_sign(lua_State *L) {
    struct signature_header headers[HEADERS_LIMIT];
    char authorization[AUTHORIZATION_SIZE];
    char hash[SIGNATURE_HEX_SIZE];
    luaL_checktype(L, 1, LUA_TTABLE);
    const char *body = option_text(L, 1, "body");
    const struct signature_key key = {option_needed_text(L, 1, "ak"),
                                      option_needed_text(L, 1, "sk")};
    const struct signature_request request = {
        .method = option_needed_text(L, 1, "method"),
        .path = option_needed_text(L, 1, "path"),
        .query = option_needed_text(L, 1, "query"),
        .headers = headers,
        .header_count = read_headers(L, headers),
        .body = body ? body : "",
        .body_length = body ? strlen(body) : 0,
    };
    if (!signature_canonical_hash(&request, hash) ||
        !signature_authorize(&request, &key, option_needed_text(L, 1, "date"), authorization,
                             sizeof authorization))
        return luaL_error(L, "the request cannot be signed");
    lua_pushstring(L, authorization);
    lua_pushstring(L, hash);
    return 2;
}
