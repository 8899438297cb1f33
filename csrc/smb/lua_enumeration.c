/* An SMB enumeration as an iterator: at most so many servers at once, their pages, and the entries
 * as tables, in order of arrival. What is asked of a server, and what follows, its targets say. */
#include "smb/lua_enumeration.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "binding/metatable.h"
#include "smb/lua_logon.h"
#include "smb/lua_row.h"
#include "smb/lua_server.h"
#include "smb/lua_slot.h"

#define METATABLE "rollcall.enumeration"
#define CONCURRENCY_LIMIT 1024

/* A Samba's page holds all that there are: of 10,000 it would take 3 ms of the host's loop, and
 * what the caller does with each comes on top. The others of the loop have their turn after so
 * many. */
#define ENTRIES_A_TURN 256

static void end(struct waiter *waiter) {
    struct enumeration *enumeration = (struct enumeration *)waiter;
    enumeration->reading = enumeration->called = NULL;
    for (size_t i = 0; i < enumeration->slot_count; i++)
        slot_end(enumeration, &enumeration->slots[i]);
    link_family_free(enumeration->family);
    enumeration->family = NULL;
    poller_close(&enumeration->poller);
    waiter->descriptor = -1;
}

static enum waiter_turn wait(struct waiter *waiter, int64_t milliseconds) {
    struct enumeration *enumeration = (struct enumeration *)waiter;
    enumeration->given = 0;
    int error =
        link_wait(enumeration->links, enumeration->slot_count, &enumeration->poller, milliseconds);
    return error == 0 ? WAITER_TURN : error == EINTR ? WAITER_INTERRUPTED : WAITER_IMPOSSIBLE;
}

/* [-0, +(0|1|2), e] Pushes the next entry of the page that is being read, and its target if that
 * is wanted, or false once for a caller that it gives way to; returns how many values these are, or
 * 0 if there is no such page, or no more of it. */
static int push_entry(lua_State *L, struct enumeration *enumeration) {
    if (enumeration->gives_way) {
        enumeration->gives_way = false;
        waiter_leave(&enumeration->waiter);
        lua_pushboolean(L, false);
        return 1;
    }
    struct enumeration_slot *slot = enumeration->reading;
    if (!slot)
        return 0;
    if (!row_push(L, &slot->page.page)) {
        slot_finish_page(L, enumeration);
        return 0;
    }
    enumeration->given++;
    waiter_leave(&enumeration->waiter);
    if (enumeration->tells_target)
        slot_push_target(L, enumeration, slot);
    return enumeration->tells_target ? 2 : 1;
}

/* [-0, +n, e] Asks for a call of on_end for a slot that has come to its end, if there is one.
 * Without on_end a failure is raised. */
static bool call_on_end(lua_State *L, struct enumeration *enumeration, struct waiter_wish *wish) {
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        struct enumeration_slot *slot = &enumeration->slots[i];
        if (slot->state != SLOT_ENDED && slot->state != SLOT_FAILED)
            continue;
        link_free_page(&slot->page);
        if (lua_getiuservalue(L, 1, ON_END) != LUA_TNIL) {
            slot_push_target(L, enumeration, slot);
            slot_push_outcome(L, enumeration, slot);
            enumeration->called = slot;
            enumeration->function = ON_END;
            *wish = (struct waiter_wish){.arguments = 2, .results = 1};
            return true;
        }
        if (slot->state == SLOT_FAILED) {
            slot_push_failure(L, enumeration, slot);
            waiter_end(&enumeration->waiter);
            lua_error(L);
        }
        lua_pop(L, 1);
        slot->state = SLOT_FREE;
    }
    return false;
}

/* [-0, +n, -] Asks for a call of next_target, if there may be one and a slot for it. */
static bool call_next_target(lua_State *L, struct enumeration *enumeration,
                             struct waiter_wish *wish) {
    enumeration->next_worker = WAITER_NEVER;
    if (enumeration->out_of_targets || !(enumeration->called = slot_find_free(enumeration)))
        return false;
    lua_getiuservalue(L, 1, NEXT_TARGET);
    enumeration->function = NEXT_TARGET;
    *wish = (struct waiter_wish){.arguments = 0, .results = 1};
    return true;
}

/* [-1, +0, e] Takes the target, or nil, or false of on_end, that on_end or next_target gave. */
static void take_results(lua_State *L, struct waiter *waiter) {
    struct enumeration *enumeration = (struct enumeration *)waiter;
    if (waiter->closed) {
        lua_pop(L, 1);
    } else if (enumeration->function == ON_END && lua_isboolean(L, -1)) {
        enumeration->gives_way = true;
        lua_pop(L, 1);
    } else if (!lua_isnil(L, -1)) {
        slot_begin_target(L, enumeration, enumeration->called);
    } else {
        enumeration->out_of_targets |= enumeration->function == NEXT_TARGET;
        lua_pop(L, 1);
    }
}

enum progress { NOTHING_LEFT, NOTHING_YET, A_SLOT_ENDED, A_PAGE };

/* [-0, +0, e] Goes on with every server, and notes until when they can be waited for. */
static enum progress progress(lua_State *L, struct enumeration *enumeration, int64_t *until) {
    enum progress made = NOTHING_LEFT;
    *until = enumeration->next_worker;
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        struct enumeration_slot *slot = &enumeration->slots[i];
        if (slot->state != SLOT_ACTIVE)
            continue;
        if (slot_progress(L, enumeration, slot))
            return A_PAGE;
        if (slot->state != SLOT_ACTIVE) {
            made = A_SLOT_ENDED;
            continue;
        }
        if (made == NOTHING_LEFT)
            made = NOTHING_YET;
        int64_t deadline = slot_deadline(enumeration, slot);
        if (deadline < *until)
            *until = deadline;
    }
    return made;
}

/* [-0, +n, e] */
static int advance(lua_State *L, struct waiter *waiter, struct waiter_wish *wish) {
    struct enumeration *enumeration = (struct enumeration *)waiter;
    for (;;) {
        bool owes_turn = waiter->waits_outside && enumeration->given >= ENTRIES_A_TURN;
        int values = owes_turn ? 0 : push_entry(L, enumeration);
        if (values > 0)
            return values;
        waiter_come_back(waiter);
        if (owes_turn) {
            wish->until = waiter_now(waiter);
            return WAITER_WAIT;
        }
        if (call_on_end(L, enumeration, wish) || call_next_target(L, enumeration, wish))
            return WAITER_CALL;
        switch (progress(L, enumeration, &wish->until)) {
        case A_PAGE:
        case A_SLOT_ENDED:
            break;
        case NOTHING_LEFT:
            waiter_end(waiter);
            return WAITER_WAIT;
        case NOTHING_YET:
            return WAITER_WAIT;
        }
    }
}

static const struct waiter_kind kind = {"an enumeration", advance, take_results, wait, end};

/* Looking for the metatable would be a twentieth of what an entry takes. */
static int enumeration_next(lua_State *L) {
    struct enumeration *enumeration = lua_touserdata(L, ROW_OWNER);
    if (!enumeration || lua_touserdata(L, 1) != enumeration)
        enumeration = luaL_checkudata(L, 1, METATABLE);
    return waiter_step(L, &enumeration->waiter);
}

static int enumeration_close(lua_State *L) {
    waiter_close(L, luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static int enumeration_break_off(lua_State *L) {
    slot_break_off(luaL_checkudata(L, 1, METATABLE), luaL_checkstring(L, 2));
    return 0;
}

static int enumeration_gc(lua_State *L) {
    waiter_end(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

static int enumeration_tostring(lua_State *L) {
    const struct enumeration *enumeration = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "rollcall.enumeration (%s)", enumeration->waiter.closed ? "closed" : "open");
    return 1;
}

/* [-0, +1, v] Pushes a new enumeration that is closed: it holds nothing yet. */
static struct enumeration *new_enumeration(lua_State *L, size_t slot_count) {
    size_t slots_size = slot_count * sizeof(struct enumeration_slot);
    size_t links_size = slot_count * sizeof(struct link *);
    struct enumeration *enumeration =
        lua_newuserdatauv(L, sizeof *enumeration + slots_size + links_size, USER_VALUES);
    memset(enumeration, 0, sizeof *enumeration + slots_size + links_size);
    waiter_begin(&enumeration->waiter, &kind);
    enumeration->poller = (struct poller)POLLER_CLOSED;
    enumeration->slot_count = slot_count;
    enumeration->workers_of_use = link_workers_of_use();
    enumeration->next_worker = WAITER_NEVER;
    enumeration->links = (struct link **)(enumeration->slots + slot_count);
    luaL_setmetatable(L, METATABLE);
    return enumeration;
}

/* [-0, +0, v] Keeps the arguments at 2 in the enumeration at 1. */
static void read_arguments(lua_State *L, struct enumeration *enumeration) {
    lua_getfield(L, 2, "next_target");
    lua_setiuservalue(L, 1, NEXT_TARGET);
    lua_getfield(L, 2, "on_end");
    lua_setiuservalue(L, 1, ON_END);
    lua_getfield(L, 2, "tells_target");
    enumeration->tells_target = lua_toboolean(L, -1);
    lua_pop(L, 1);
    lua_createtable(L, (int)enumeration->slot_count, 0);
    lua_setiuservalue(L, 1, TARGETS);
    if (lua_getfield(L, 2, "server") != LUA_TNIL) {
        enumeration->links[0] = link_retain(server_link(L, -1));
        enumeration->has_server = true;
    }
    lua_setiuservalue(L, 1, SERVER);
    enumeration->ledger = logon_ledger_of(L);
}

int enumeration_enumerate(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "concurrency");
    lua_Integer concurrency = luaL_optinteger(L, -1, 1);
    luaL_argcheck(L, concurrency > 0 && concurrency <= CONCURRENCY_LIMIT, 1,
                  "concurrency must be an integer from 1 to 1024");
    lua_settop(L, 1);

    struct enumeration *enumeration = new_enumeration(L, (size_t)concurrency);
    lua_insert(L, 1);
    read_arguments(L, enumeration);
    lua_getfield(L, 2, "on_wait");
    waiter_open(L, &enumeration->waiter, -1); /* until there is a server */

    if (LUA_VERSION_NUM >= 503)
        lua_pushvalue(L, 1);
    else
        lua_pushnil(L); /* LuaJIT's compiled code keeps the functions that it has called */
    row_push_closure(L, enumeration_next);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    lua_pushvalue(L, 1);
    return 4;
}

void enumeration_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", enumeration_gc},
        {"__close", enumeration_close},
        {"__tostring", enumeration_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"close", enumeration_close}, {"break_off", enumeration_break_off}, {NULL, NULL}};
    metatable_register(L, METATABLE, metamethods, methods);
}
