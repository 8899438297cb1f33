#include "smb/lua_target.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpc/interfaces.h"
#include "rpc/win32_status.h"
#include "smb/lua_failure.h"
#include "smb/worker_path.h"

/* What one answer may take: enough for hundreds of thousands of entries from a server that
 * ignores prefmaxlen, and for millions where the caller asked for all at once. */
#define ANSWER_LIMIT ((size_t)64 << 20)
#define WHOLE_ANSWER_LIMIT ((size_t)1 << 30)
#define MAX_PREFERRED_LENGTH 0xFFFFFFFFU

/* [-0, +0, v] The string lives as long as the table at `index` keeps it. */
static const char *text_field(lua_State *L, int index, const char *name) {
    lua_getfield(L, index, name);
    const char *text = lua_tostring(L, -1);
    if (!text)
        luaL_error(L, "the target has no %s", name);
    lua_pop(L, 1);
    return text;
}

/* [-0, +0, v] */
static lua_Integer integer_field(lua_State *L, int index, const char *name, lua_Integer limit) {
    int is_integer;
    lua_getfield(L, index, name);
    lua_Integer value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || value < 0 || value > limit) {
        lua_pushinteger(L, limit);
        luaL_error(L, "%s must be an integer from 0 to %s", name, lua_tostring(L, -1));
    }
    lua_pop(L, 1);
    return value;
}

/* [-0, +0, m] */
static bool boolean_field(lua_State *L, int index, const char *name) {
    lua_getfield(L, index, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

void target_read_query(lua_State *L, int index, struct query *query) {
    lua_getfield(L, index, "query");
    luaL_checktype(L, -1, LUA_TTABLE);
    int table = lua_gettop(L);
    const char *name = text_field(L, table, "call");
    query->call = interfaces_find_call(name);
    if (!query->call)
        luaL_error(L, "there is no call '%s'", name);
    lua_getfield(L, table, "level");
    query->best = lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "best") == 0;
    lua_pop(L, 1);
    if (query->best) {
        query->level = query->call->levels;
    } else {
        lua_Integer level = integer_field(L, table, "level", UINT32_MAX);
        query->level = net_enum_find_level(query->call, (uint32_t)level);
        if (!query->level) {
            lua_pushinteger(L, level);
            luaL_error(L, "%s has no level %s", query->call->procedure, lua_tostring(L, -1));
        }
    }
    query->preferred_maximum_length =
        (uint32_t)integer_field(L, table, "prefmaxlen", MAX_PREFERRED_LENGTH);
    query->resume_handle = (uint32_t)integer_field(L, table, "resume_handle", UINT32_MAX);
    lua_pop(L, 1);
}

bool query_fall_back(struct query *query) {
    const struct net_enum_level *last = query->call->levels + query->call->level_count - 1;
    if (!query->best || query->level == last)
        return false;
    query->level++;
    return true;
}

int64_t target_read_deadline(lua_State *L, int index) {
    return integer_field(L, index, "deadline_milliseconds", INT32_MAX);
}

bool target_open(lua_State *L, int index, struct link *link,
                 const struct rpc_interface *rpc_interface, int64_t now,
                 struct credential_ledger *ledger, struct logon_turn *turn,
                 struct link_failure *failure) {
    const struct credential_policy policy = {
        .attempts = (unsigned)integer_field(L, index, "logon_attempts", INT32_MAX),
        .retry_after = integer_field(L, index, "retry_refused_milliseconds", INT64_MAX),
        .unproven = 1,
    };
    const struct frame_logon target = {
        .host = text_field(L, index, "host"),
        .username = text_field(L, index, "username"),
        .domain = text_field(L, index, "domain"),
        .password = text_field(L, index, "password"),
        .ticket_cache = getenv("KRB5CCNAME"), /* as it is now, not when the worker was started */
        .timeout_milliseconds =
            (uint32_t)integer_field(L, index, "timeout_milliseconds", INT32_MAX),
        .port = (uint16_t)integer_field(L, index, "port", UINT16_MAX),
        .encrypt = boolean_field(L, index, "encrypt"),
        .kerberos = boolean_field(L, index, "kerberos"),
        .nt_hash = boolean_field(L, index, "nt_hash"),
    };
    if (!logon_turn_start(turn, ledger, &target, &policy, failure))
        return false;
    link_open(link, worker_path(), &target, rpc_interface, now);
    return true;
}

/* [-0, +0, m] */
static struct net_enum_text request_text(lua_State *L, int index, const char *name) {
    struct net_enum_text text;
    lua_getfield(L, index, name);
    text.utf8 = lua_tolstring(L, -1, &text.length);
    lua_pop(L, 1);
    return text;
}

struct net_enum_text target_unc(lua_State *L, int index) {
    return request_text(L, index, "unc");
}

void target_call(lua_State *L, int index, struct link *link, const struct query *query,
                 int64_t now) {
    struct net_enum_request request = {
        .call = query->call,
        .level = query->level,
        .server_name = target_unc(L, index),
        .preferred_maximum_length = query->preferred_maximum_length,
        .resume_handle = query->resume_handle,
    };
    for (size_t i = 0; i < query->call->filter_count; i++)
        request.filters[i] = request_text(L, index, query->call->filters[i]);
    bool all_at_once = query->preferred_maximum_length == MAX_PREFERRED_LENGTH;
    link_call(link, &request, all_at_once ? WHOLE_ANSWER_LIMIT : ANSWER_LIMIT, now);
}

/* The status of an answer that is neither success nor ERROR_MORE_DATA. */
static void describe_status(struct link_failure *failure, uint32_t status, const char *procedure,
                            const char *groups) {
    char detail[256];
    if (status == ERROR_ACCESS_DENIED)
        snprintf(detail, sizeof detail, "%s is for members of %s", procedure, groups);
    else
        snprintf(detail, sizeof detail, "%s", procedure);
    link_failure_set(failure, "call", status, detail);
}

bool target_take_page(struct link *link, const struct query *query, struct link_page *page,
                      struct link_failure *failure) {
    const struct net_enum_call *call = query->call;
    if (!link_take_page(link, page)) {
        *failure = *link_failure(link);
        return false;
    }
    uint32_t status = page->page.status;
    if (status == NERR_SUCCESS || status == ERROR_MORE_DATA)
        return true;
    link_free_page(page);
    describe_status(failure, status, call->procedure, call->groups);
    return false;
}

bool target_take_status(struct link *link, const struct status_call *call,
                        struct link_failure *failure) {
    uint32_t status;
    if (!link_take_status(link, &status)) {
        *failure = *link_failure(link);
        return false;
    }
    if (status != NERR_SUCCESS)
        describe_status(failure, status, call->procedure, call->groups);
    return status == NERR_SUCCESS;
}

void target_push_failure(lua_State *L, int index, const struct link_failure *failure) {
    link_failure_push(L, failure, text_field(L, index, "servername"));
}
