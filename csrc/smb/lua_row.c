#include "smb/lua_row.h"

#include <lauxlib.h>
#include <string.h>

#include "base/utf16.h"
#include "rpc/srvsvc.h"

#define SHORT_STRING_UNITS 128

/* What a server says that does not know a time, or whose clock went back. */
#define UNKNOWN_SECONDS 0xFFFFFFFFU

/* The upvalues behind ROW_OWNER. */
enum {
    SERVERNAME = 2,   /* "servername" */
    SERVERNAME_VALUE, /* how the caller named the server */
    KNOWN,            /* "share" or "client", if every entry is of the same one; else nil */
    KNOWN_VALUE,      /* its name */
    MEANING,          /* "share" or "client", whichever an entry's netname or cname names; or nil */
    PLACEHOLDER,      /* "placeholder" */
    LEVEL,            /* "level", if the caller left it to us which; else nil */
    FIRST_FIELD,      /* the names of the level's fields */
    UPVALUE_COUNT = FIRST_FIELD + NET_ENUM_FIELDS_LIMIT - 1,
};

void row_push_closure(lua_State *L, lua_CFunction function) {
    luaL_checkstack(L, UPVALUE_COUNT, NULL);
    for (int i = SERVERNAME; i <= UPVALUE_COUNT; i++)
        lua_pushnil(L);
    lua_pushcclosure(L, function, UPVALUE_COUNT);
}

/* [-1, +0, -] */
static void set(lua_State *L, int upvalue) {
    lua_replace(L, lua_upvalueindex(upvalue));
}

static void push(lua_State *L, int upvalue) {
    lua_pushvalue(L, lua_upvalueindex(upvalue));
}

void row_begin_page(lua_State *L, const struct net_enum_level *level, bool tells_level,
                    int target) {
    lua_pushliteral(L, "servername");
    set(L, SERVERNAME);
    lua_getfield(L, target, "servername");
    set(L, SERVERNAME_VALUE);
    lua_pushliteral(L, "placeholder");
    set(L, PLACEHOLDER);

    lua_getfield(L, target, "known");
    set(L, KNOWN);
    lua_getfield(L, target, "known_value");
    set(L, KNOWN_VALUE);
    lua_getfield(L, target, "meaning");
    set(L, MEANING);
    lua_pushstring(L, tells_level ? "level" : NULL);
    set(L, LEVEL);
    for (size_t i = 0; i < level->field_count; i++) {
        lua_pushstring(L, level->fields[i].name);
        set(L, FIRST_FIELD + (int)i);
    }
}

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

static bool is_known(const struct net_enum_field *field, const struct net_enum_value *value) {
    if (field->type == NET_ENUM_STRING)
        return value->string.utf16;
    return value->number != UNKNOWN_SECONDS ||
           (strcmp(field->name, "time") != 0 && strcmp(field->name, "idle_time") != 0);
}

/* [-0, +0, m] Sets the level's fields but for the name, and leaves out what is not known. */
static void set_fields(lua_State *L, int entry, const struct net_enum_page *page,
                       const struct net_enum_value *values) {
    for (size_t i = 0; i < page->level->field_count; i++) {
        const struct net_enum_field *field = &page->level->fields[i];
        if (i == page->name || !is_known(field, &values[i]))
            continue;
        push(L, FIRST_FIELD + (int)i);
        if (field->type == NET_ENUM_STRING)
            push_string(L, &values[i].string);
        else
            lua_pushinteger(L, values[i].number);
        lua_rawset(L, entry);
    }
}

/* [-1, +1, m] Takes the backslashes from in front of a computer's or share's name. */
static void make_bare(lua_State *L) {
    const char *name = lua_tostring(L, -1);
    if (*name != '\\')
        return;
    lua_pushstring(L, name + strspn(name, "\\"));
    lua_remove(L, -2);
}

/* [-0, +0, m] Sets netname or cname, and under another name what it means: of a connection's share
 * and client the qualifier names one, the netname the other. */
static void set_name(lua_State *L, int entry, struct net_enum_page *page,
                     const struct net_enum_value *values, bool is_placeholder) {
    bool has_meaning = !lua_isnil(L, lua_upvalueindex(MEANING));
    push(L, MEANING);
    push_string(L, &values[page->name].string);
    push(L, FIRST_FIELD + (int)page->name);
    lua_pushvalue(L, -2);
    lua_rawset(L, entry);
    if (has_meaning && !is_placeholder) {
        make_bare(L);
        lua_rawset(L, entry);
        return;
    }
    lua_pop(L, 2);
    if (is_placeholder) {
        page->placeholder_count++;
        push(L, PLACEHOLDER);
        lua_pushboolean(L, true);
        lua_rawset(L, entry);
    }
}

/* Whether every entry is of the computer that was asked for: which a placeholder is not, since
 * Samba answers with one whatever computer that is. */
static bool is_of_client(lua_State *L) {
    const char *known = lua_tostring(L, lua_upvalueindex(KNOWN));
    return known && strcmp(known, "client") == 0;
}

bool row_push(lua_State *L, struct net_enum_page *page) {
    struct net_enum_value values[NET_ENUM_FIELDS_LIMIT];
    if (!net_enum_next_entry(page, values))
        return false;
    lua_createtable(L, 0, (int)page->level->field_count + 3);
    int entry = lua_gettop(L);
    bool is_placeholder = srvsvc_is_placeholder(page, values);
    set_fields(L, entry, page, values);
    if (page->name != NET_ENUM_NO_FIELD && values[page->name].string.utf16)
        set_name(L, entry, page, values, is_placeholder);
    push(L, SERVERNAME);
    push(L, SERVERNAME_VALUE);
    lua_rawset(L, entry);
    if (!lua_isnil(L, lua_upvalueindex(KNOWN)) && !(is_placeholder && is_of_client(L))) {
        push(L, KNOWN);
        push(L, KNOWN_VALUE);
        lua_rawset(L, entry);
    }
    if (!lua_isnil(L, lua_upvalueindex(LEVEL))) {
        push(L, LEVEL);
        lua_pushinteger(L, page->level->number);
        lua_rawset(L, entry);
    }
    return true;
}
