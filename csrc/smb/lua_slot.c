/* The slots of an enumeration: one target after another in each, its pages, and what came of it. */
#include "smb/lua_enumeration_state.h"

#include <lauxlib.h>

#include "rpc/win32_status.h"
#include "smb/lua_row.h"

void enumeration_end(struct enumeration *enumeration) {
    enumeration->closed = true;
    enumeration->reading = NULL;
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        enumeration->slots[i].active = false;
        client_free_page(&enumeration->slots[i].page);
        client_close(&enumeration->slots[i].own);
    }
}

/* [-(1 + arguments), +results, e] Calls a function of the caller's, which may close the
 * enumeration but not step it. If it fails, that is the end of the enumeration. */
static void call_back(lua_State *L, struct enumeration *enumeration, int arguments, int results) {
    enumeration->calling_back = true;
    int status = lua_pcall(L, arguments, results, 0);
    enumeration->calling_back = false;
    if (status != LUA_OK) {
        enumeration_end(enumeration);
        lua_error(L);
    }
}

int enumeration_push_target(lua_State *L, const struct enumeration *enumeration,
                            const struct slot *slot) {
    lua_getiuservalue(L, 1, TARGETS);
    lua_rawgeti(L, -1, (lua_Integer)(slot - enumeration->slots) + 1);
    lua_remove(L, -2);
    return lua_gettop(L);
}

/* [-1, +0, m] Pops a target, or nil, and keeps it as the slot's. */
static void keep_target(lua_State *L, const struct enumeration *enumeration,
                        const struct slot *slot) {
    lua_getiuservalue(L, 1, TARGETS);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)(slot - enumeration->slots) + 1);
    lua_pop(L, 1);
}

/* [-1, +0, e] Pops a target, makes it the slot's, and begins to open its pipe, unless there is one
 * of an earlier target that it follows. */
static void begin_target(lua_State *L, struct enumeration *enumeration, struct slot *slot,
                         bool follows) {
    int target = lua_gettop(L);
    luaL_checktype(L, target, LUA_TTABLE);
    target_read_query(L, target, &slot->query);
    slot->earlier_handle = slot->query.resume_handle;
    slot->page_count = 0;
    slot->claimed = slot->received = slot->placeholders = 0;
    if (!follows || slot->client->state != CLIENT_READY)
        target_open(L, target, slot->client);
    slot->client->user = slot;
    keep_target(L, enumeration, slot);
    slot->active = true;
}

/* [-0, +1, m] Pushes what came of the slot's target. `failed`: its client's failure did. */
static void push_outcome(lua_State *L, const struct slot *slot, int target, bool failed) {
    lua_createtable(L, 0, 6);
    lua_pushinteger(L, slot->query.level->number);
    lua_setfield(L, -2, "level");
    lua_pushboolean(L, slot->client->state == CLIENT_READY);
    lua_setfield(L, -2, "usable");
    if (slot->page_count > 0) {
        lua_pushinteger(L, (lua_Integer)slot->claimed);
        lua_setfield(L, -2, "claimed");
    }
    lua_pushinteger(L, (lua_Integer)slot->received);
    lua_setfield(L, -2, "received");
    lua_pushinteger(L, (lua_Integer)slot->placeholders);
    lua_setfield(L, -2, "placeholders");
    if (failed) {
        target_push_failure(L, target, slot->client);
        lua_setfield(L, -2, "failure");
    }
}

/* [-0, +0, e] The slot's target has come to its end. Gives on_end what came of it; a target that
 * on_end returns is asked next, over the same pipe. Without on_end a failure is raised. */
static void end_target(lua_State *L, struct enumeration *enumeration, struct slot *slot,
                       bool failed) {
    int target = enumeration_push_target(L, enumeration, slot);
    client_free_page(&slot->page);
    slot->active = false;
    if (enumeration->reading == slot)
        enumeration->reading = NULL;
    if (lua_getiuservalue(L, 1, ON_END) != LUA_TNIL) {
        lua_pushvalue(L, target);
        push_outcome(L, slot, target, failed);
        call_back(L, enumeration, 2, 1);
        if (!lua_isnil(L, -1) && !enumeration->closed)
            begin_target(L, enumeration, slot, true);
    } else if (failed) {
        target_push_failure(L, target, slot->client);
        enumeration_end(enumeration);
        lua_error(L);
    }
    lua_settop(L, target - 1);
    if (!slot->active) {
        lua_pushnil(L);
        keep_target(L, enumeration, slot);
    }
}

void enumeration_fill_slots(lua_State *L, struct enumeration *enumeration) {
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        if (enumeration->slots[i].active)
            continue;
        if (enumeration->out_of_targets || enumeration->closed)
            return;
        lua_getiuservalue(L, 1, NEXT_TARGET);
        call_back(L, enumeration, 0, 1);
        if (!lua_isnil(L, -1) && !enumeration->closed) {
            struct slot *slot = &enumeration->slots[i];
            begin_target(L, enumeration, slot, slot->client != &slot->own);
        } else {
            enumeration->out_of_targets = true;
            lua_pop(L, 1);
        }
    }
}

/* Decides what follows the page that was just read to its end. Returns false if the server would
 * go in circles. A handle is compared with one seen before, which is taken anew whenever the
 * number of pages has doubled: a circle of any length is found within three times its length. */
static bool follow_resume_handle(struct slot *slot) {
    const struct srvsvc_page *page = &slot->page.page;
    if (!page->has_resume_handle || page->resume_handle == slot->earlier_handle ||
        page->resume_handle == slot->query.resume_handle)
        return false;
    if ((slot->page_count & (slot->page_count - 1)) == 0)
        slot->earlier_handle = slot->query.resume_handle;
    slot->query.resume_handle = page->resume_handle;
    return true;
}

/* [-0, +0, e] Begins the slot's next call. */
static void call(lua_State *L, const struct enumeration *enumeration, struct slot *slot) {
    int target = enumeration_push_target(L, enumeration, slot);
    target_call(L, target, slot->client, &slot->query);
    slot->client->user = slot;
    lua_pop(L, 1);
}

/* [-0, +0, e] The client is a server handle's, and was closed or taken for something else. What it
 * brings now, if anything, is not the slot's. */
static void lose_client(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    link_failure_set(&slot->client->failure, "call", ERROR_OPERATION_ABORTED,
                     "its server handle was closed, or used by another iterator, meanwhile");
    end_target(L, enumeration, slot, true);
}

/* [-0, +0, m] The slot's page is the one that entries are taken from now. */
static void begin_page(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    const struct srvsvc_page *page = &slot->page.page;
    enumeration->reading = slot;
    if (slot->page_count++ == 0)
        slot->claimed = page->total_entries;
    slot->received += page->entries_read;
    int target = enumeration_push_target(L, enumeration, slot);
    entry_begin_page(L, page->level, slot->query.best, target);
    lua_pop(L, 1);
}

void enumeration_finish_page(lua_State *L, struct enumeration *enumeration) {
    struct slot *slot = enumeration->reading;
    bool more = slot->page.page.status == ERROR_MORE_DATA;
    bool moves = more && follow_resume_handle(slot);
    slot->placeholders += slot->page.page.placeholder_count;
    client_free_page(&slot->page);
    enumeration->reading = NULL;
    if (more && !moves)
        link_failure_set(&slot->client->failure, "call", ERROR_INVALID_DATA,
                         "the server says there is more, but its resume handle does not move on");
    if (moves && slot->client->state != CLIENT_READY)
        lose_client(L, enumeration, slot);
    else if (moves)
        call(L, enumeration, slot);
    else
        end_target(L, enumeration, slot, more);
}

/* [-0, +0, e] Takes an answer over. Returns whether it is a page. */
static bool take_answer(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    if (target_take_page(slot->client, &slot->page)) {
        begin_page(L, enumeration, slot);
        return true;
    }
    if (slot->client->failure.code == ERROR_INVALID_LEVEL && query_fall_back(&slot->query))
        call(L, enumeration, slot);
    else
        end_target(L, enumeration, slot, true);
    return false;
}

bool enumeration_progress(lua_State *L, struct enumeration *enumeration) {
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        struct slot *slot = &enumeration->slots[i];
        if (!slot->active)
            continue;
        if (slot->client->user != slot) {
            lose_client(L, enumeration, slot);
            continue;
        }
        switch (client_progress(slot->client)) {
        case CLIENT_READY:
            call(L, enumeration, slot);
            break;
        case CLIENT_ANSWERED:
            if (take_answer(L, enumeration, slot))
                return true;
            break;
        case CLIENT_FAILED:
            end_target(L, enumeration, slot, true);
            break;
        default:
            break;
        }
    }
    return false;
}
