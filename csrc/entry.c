#include "entry.h"

#include <lauxlib.h>
#include <string.h>

#include "utf16.h"

#define SHORT_STRING_UNITS 128

/* [-0, +1, m] */
static void push_string(lua_State *L, const struct ndr_string *string) {
    char utf8[UTF16_TO_UTF8_LIMIT(SHORT_STRING_UNITS)];
    if (string->units <= SHORT_STRING_UNITS) {
        lua_pushlstring(L, utf8, utf16_to_utf8(string->utf16, string->units, utf8));
    } else {
        luaL_Buffer buffer;
        char *space = luaL_buffinitsize(L, &buffer, UTF16_TO_UTF8_LIMIT(string->units));
        luaL_pushresultsize(&buffer, utf16_to_utf8(string->utf16, string->units, space));
    }
}

/* The strings of an entry that have a meaning beyond their field. */
struct names {
    const struct ndr_string *username;
    const struct ndr_string *netname;
};

/* [-0, +0, m] */
static struct names set_fields(lua_State *L, int entry, const struct srvsvc_level *level,
                               const struct srvsvc_value *values) {
    struct names names = {NULL, NULL};
    for (size_t i = 0; i < level->field_count; i++) {
        const char *name = level->fields[i].name;
        if (level->fields[i].type == SRVSVC_UINT32) {
            lua_pushinteger(L, values[i].number);
        } else if (values[i].string.utf16) {
            push_string(L, &values[i].string);
            if (strcmp(name, "netname") == 0)
                names.netname = &values[i].string;
            else if (strcmp(name, "username") == 0)
                names.username = &values[i].string;
        } else {
            continue;
        }
        lua_setfield(L, entry, name);
    }
    return names;
}

/* Samba cannot tell the user and the computer of a connection, and fills in these two. */
static bool is_placeholder(const struct names *names) {
    return names->netname && names->username && srvsvc_string_is(names->netname, "IPC$") &&
           srvsvc_string_is(names->username, "dummy_user");
}

/* [-0, +1, m] Pushes a computer's or share's name without the backslashes in front of it. */
static void push_bare_name(lua_State *L, const struct ndr_string *name) {
    struct ndr_string bare = *name;
    while (bare.units > 0 && ndr_uint16_at(bare.utf16) == '\\') {
        bare.utf16 += 2;
        bare.units--;
    }
    push_string(L, &bare);
}

/* [-0, +0, m] Of a connection's share and client the qualifier names one, the netname the other.
 * A target of other calls names neither. */
static void set_share_and_client(lua_State *L, int entry, int target, const struct names *names) {
    bool share_known = lua_getfield(L, target, "share") != LUA_TNIL;
    if (!share_known) {
        lua_pop(L, 1);
        if (lua_getfield(L, target, "client") == LUA_TNIL) {
            lua_pop(L, 1);
            return;
        }
    }
    lua_setfield(L, entry, share_known ? "share" : "client");
    if (share_known && is_placeholder(names)) {
        lua_pushboolean(L, true);
        lua_setfield(L, entry, "placeholder");
    } else if (names->netname) {
        push_bare_name(L, names->netname);
        lua_setfield(L, entry, share_known ? "client" : "share");
    }
}

bool entry_push(lua_State *L, struct srvsvc_page *page, int target) {
    struct srvsvc_value values[SRVSVC_FIELDS_LIMIT];
    if (!srvsvc_next_entry(page, values))
        return false;
    lua_createtable(L, 0, (int)page->level->field_count + 3);
    int entry = lua_gettop(L);
    struct names names = set_fields(L, entry, page->level, values);
    lua_getfield(L, target, "servername");
    lua_setfield(L, entry, "servername");
    set_share_and_client(L, entry, target, &names);
    return true;
}
