#include "workspace/lua_credential.h"

#include <lauxlib.h>

#include "binding/ledger.h"
#include "binding/options.h"

/* The sixth refusal in a row locks an access key. So the first request goes alone, one refusal is
 * the last, and until a request was accepted no more than this many are under way. */
#define UNPROVEN_CONCURRENCY 4

#define HOUR_MILLISECONDS 3600000

static const char key = 0;

/* [-0, +0, v] What the texts of the list `credential` make; 0 where there is none. */
static credential_id read_texts(lua_State *L, int index) {
    credential_id credential = 0;
    if (lua_getfield(L, index, "credential") == LUA_TTABLE) {
        int type;
        credential = CREDENTIAL_OF_NOTHING;
        for (int i = 1; (type = lua_rawgeti(L, -1, i)) != LUA_TNIL; i++) {
            if (type != LUA_TSTRING)
                luaL_error(L, "credential has a %s", lua_typename(L, type));
            credential = credential_with(credential, lua_tostring(L, -1));
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return credential;
}

void credential_read(lua_State *L, int index, struct credential_use *use) {
    *use = (struct credential_use){
        .ledger = ledger_of(L, &key),
        .credential = read_texts(L, index),
        .policy = {.attempts = 1,
                   .retry_after = option_integer(L, index, "retry_refused_milliseconds",
                                                 HOUR_MILLISECONDS, INT64_MAX),
                   .unproven = UNPROVEN_CONCURRENCY},
        .name = option_needed_text(L, index, "name"),
    };
}

void credential_set_token(struct credential_use *use, const char *host, const char *token) {
    use->credential = credential_with(credential_with(CREDENTIAL_OF_NOTHING, host), token);
    use->replaceable = true;
}

void credential_register(lua_State *L) {
    ledger_register(L, &key, credential_use_ledger_new);
}
