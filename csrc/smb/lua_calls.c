#include "smb/lua_calls.h"

#include "rpc/interfaces.h"

/* [-0, +1, m] */
static void push_level(lua_State *L, const struct net_enum_level *level) {
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, level->number);
    lua_setfield(L, -2, "level");
    lua_createtable(L, (int)level->field_count, 0);
    for (size_t i = 0; i < level->field_count; i++) {
        lua_createtable(L, 0, 2);
        lua_pushstring(L, level->fields[i].name);
        lua_setfield(L, -2, "name");
        lua_pushstring(L, level->fields[i].type == NET_ENUM_STRING ? "string" : "integer");
        lua_setfield(L, -2, "type");
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "fields");
}

/* [-0, +1, m] */
static void push_call(lua_State *L, const struct net_enum_call *call) {
    lua_createtable(L, 0, 3);
    lua_pushstring(L, call->procedure);
    lua_setfield(L, -2, "procedure");
    lua_createtable(L, (int)call->filter_count, 0);
    for (size_t i = 0; i < call->filter_count; i++) {
        lua_pushstring(L, call->filters[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "filters");
    lua_createtable(L, (int)call->level_count, 0);
    for (size_t i = 0; i < call->level_count; i++) {
        push_level(L, &call->levels[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "levels");
}

int calls_describe(lua_State *L) {
    lua_newtable(L);
    for (size_t i = 0; i < interface_count; i++)
        for (size_t j = 0; j < interfaces[i]->call_count; j++) {
            const struct net_enum_call *call = &interfaces[i]->calls[j];
            push_call(L, call);
            lua_setfield(L, -2, call->name);
        }
    return 1;
}
