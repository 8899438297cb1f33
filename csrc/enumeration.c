/* An SMB enumeration as an iterator: at most so many servers at once, their pages, and the entries
 * as tables, in order of arrival. What is asked of a server, and what follows, its targets say. */
#include "enumeration.h"

#include <lauxlib.h>
#include <string.h>

#include "entry.h"
#include "interrupt.h"
#include "polled.h"
#include "server.h"
#include "status.h"
#include "target.h"
#include "waits.h"

#define METATABLE "rollcall.enumeration"
#define CONCURRENCY_LIMIT 1024

enum { NEXT_TARGET = 1, ON_END, ON_WAIT, TARGETS, SERVER, USER_VALUES = SERVER };

/* Where an enumeration stands that has no entry to give. */
enum stand { AT_PAGE, AT_WAIT, AT_END };

/* A place for one target after another, with the client that asks it. */
struct slot {
    struct client own;
    struct client *client; /* `own`, or that of a server handle */
    bool active;           /* there is a target in TARGETS */
    struct query query;    /* with the resume handle of the page that is next */
    struct client_page page;
    uint32_t earlier_handle; /* one that was seen before, for noticing a circle */
    uint32_t page_count;
    uint64_t claimed; /* entries the server said there are, when it was first asked */
    uint64_t received;
    uint64_t placeholders; /* of those received */
};

struct enumeration {
    bool closed;
    bool calling_back; /* inside a function of the caller's */
    bool out_of_targets;
    bool tells_target;  /* with each entry, its target */
    bool waits_outside; /* in on_wait */
    int64_t left_at;    /* when the caller got the first entry of a page, or on_wait was called, and
                           has not come back for more */
    size_t slot_count;
    struct slot *reading; /* whose page is being turned into tables */
    struct client **clients;
    struct pollfd *polled;
    struct slot slots[];
};

static void close_enumeration(struct enumeration *enumeration) {
    enumeration->closed = true;
    enumeration->reading = NULL;
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        enumeration->slots[i].active = false;
        client_free_page(&enumeration->slots[i].page);
        client_close(&enumeration->slots[i].own);
    }
}

static int enumeration_close(lua_State *L) {
    close_enumeration(luaL_checkudata(L, 1, METATABLE));
    return 0;
}

/* [-(1 + arguments), +results, e] Calls a function of the caller's, which may close the
 * enumeration but not step it. If it fails, that is the end of the enumeration. */
static void call_back(lua_State *L, struct enumeration *enumeration, int arguments, int results) {
    enumeration->calling_back = true;
    int status = lua_pcall(L, arguments, results, 0);
    enumeration->calling_back = false;
    if (status != LUA_OK) {
        close_enumeration(enumeration);
        lua_error(L);
    }
}

/* [-0, +1, -] Pushes the slot's target and returns its index. */
static int push_target(lua_State *L, const struct enumeration *enumeration,
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
    int target = push_target(L, enumeration, slot);
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
        close_enumeration(enumeration);
        lua_error(L);
    }
    lua_settop(L, target - 1);
    if (!slot->active) {
        lua_pushnil(L);
        keep_target(L, enumeration, slot);
    }
}

/* [-0, +0, e] Asks the caller's function for targets until every slot has one or there are no
 * more. */
static void fill_slots(lua_State *L, struct enumeration *enumeration) {
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
    int target = push_target(L, enumeration, slot);
    target_call(L, target, slot->client, &slot->query);
    lua_pop(L, 1);
}

/* [-0, +0, m] The slot's page is the one that entries are taken from now. */
static void begin_page(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    const struct srvsvc_page *page = &slot->page.page;
    enumeration->reading = slot;
    if (slot->page_count++ == 0)
        slot->claimed = page->total_entries;
    slot->received += page->entries_read;
    int target = push_target(L, enumeration, slot);
    entry_begin_page(L, page->level, slot->query.best, target);
    lua_pop(L, 1);
}

/* [-0, +0, e] The slot's page is read to its end. */
static void finish_page(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    bool more = slot->page.page.status == ERROR_MORE_DATA;
    bool moves = more && follow_resume_handle(slot);
    slot->placeholders += slot->page.page.placeholder_count;
    client_free_page(&slot->page);
    enumeration->reading = NULL;
    if (more && !moves)
        failure_set(&slot->client->failure, "call", ERROR_INVALID_DATA,
                    "the server says there is more, but its resume handle does not move on");
    if (moves)
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

/* [-0, +0, e] Does for every slot what can be done without waiting; returns whether one of them
 * has a page. */
static bool progress(lua_State *L, struct enumeration *enumeration) {
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        struct slot *slot = &enumeration->slots[i];
        if (!slot->active)
            continue;
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

/* Makes a list of the clients at work; `clients` and `polled` have room for all. */
static size_t active_clients(struct enumeration *enumeration) {
    size_t active = 0;
    for (size_t i = 0; i < enumeration->slot_count; i++)
        if (enumeration->slots[i].active)
            enumeration->clients[active++] = enumeration->slots[i].client;
    return active;
}

static bool is_any_active(const struct enumeration *enumeration) {
    for (size_t i = 0; i < enumeration->slot_count; i++)
        if (enumeration->slots[i].active)
            return true;
    return false;
}

/* The time that the caller spent on something else is not the servers'. */
static void move_deadlines(struct enumeration *enumeration, int64_t away) {
    for (size_t i = 0; i < enumeration->slot_count; i++)
        enumeration->slots[i].client->deadline += away;
    enumeration->left_at = 0;
}

/* [-0, +0, e] Goes on with the servers until one of them has a page, or there are none left, or
 * there is nothing to do but wait. */
static enum stand go_on(lua_State *L, struct enumeration *enumeration) {
    if (enumeration->left_at)
        move_deadlines(enumeration, client_now() - enumeration->left_at);
    fill_slots(L, enumeration);
    if (!is_any_active(enumeration))
        return AT_END;
    return progress(L, enumeration) ? AT_PAGE : AT_WAIT;
}

/* [-0, +0, e] on_wait has ended: what it returned is at the top of the stack. */
static void end_wait(lua_State *L, struct enumeration *enumeration, int status) {
    enumeration->calling_back = false;
    if (status != LUA_OK && status != LUA_YIELD) {
        close_enumeration(enumeration);
        lua_error(L);
    }
    move_deadlines(enumeration, waits_away(L, client_now() - enumeration->left_at));
    lua_settop(L, 1);
}

/* [-0, +0, e] Waits for the nearest thing to happen. on_wait may yield, and `after` goes on. */
static void wait(lua_State *L, struct enumeration *enumeration, lua_KFunction after) {
    size_t active = active_clients(enumeration);
    if (!enumeration->waits_outside) {
        if (!client_wait(enumeration->clients, enumeration->polled, active))
            interrupt_run_hook(L);
        return;
    }
    int timeout;
    size_t count = client_polled(enumeration->clients, enumeration->polled, active, &timeout);
    if (timeout == 0)
        return;
    lua_getiuservalue(L, 1, ON_WAIT);
    waits_push(L, enumeration->polled, count, timeout);
    enumeration->calling_back = true;
    enumeration->left_at = client_now();
    end_wait(L, enumeration, lua_pcallk(L, 1, 1, 0, 0, after));
}

/* [-0, +(0|1|2), e] Pushes the next entry of the page that is being read, and its target if that
 * is wanted; returns false if there is no such page, or no more of it. */
static bool push_entry(lua_State *L, struct enumeration *enumeration) {
    struct slot *slot = enumeration->reading;
    if (!slot)
        return false;
    if (entry_push(L, &slot->page.page)) {
        if (enumeration->tells_target)
            push_target(L, enumeration, slot);
        return true;
    }
    finish_page(L, enumeration, slot);
    return false;
}

static int advance(lua_State *L, struct enumeration *enumeration);

/* [-0, +(1|2), e] Goes on after an on_wait that yielded. */
static int after_wait(lua_State *L, int status, lua_KContext context) {
    struct enumeration *enumeration = lua_touserdata(L, 1);
    (void)context;
    end_wait(L, enumeration, status);
    return advance(L, enumeration);
}

/* [-0, +(1|2), e] Pushes the next entry, or nil after the last. */
static int advance(lua_State *L, struct enumeration *enumeration) {
    while (!enumeration->closed) {
        if (push_entry(L, enumeration))
            return lua_gettop(L) - 1;
        enum stand stand = go_on(L, enumeration);
        if (stand == AT_END)
            close_enumeration(enumeration);
        else if (stand == AT_PAGE)
            enumeration->left_at = client_now();
        else
            wait(L, enumeration, after_wait);
    }
    lua_pushnil(L);
    return 1;
}

static int enumeration_next(lua_State *L) {
    struct enumeration *enumeration = luaL_checkudata(L, 1, METATABLE);
    lua_settop(L, 1);
    if (enumeration->calling_back)
        return luaL_error(L, "an enumeration cannot be stepped from a function it calls");
    return advance(L, enumeration);
}

static int enumeration_tostring(lua_State *L) {
    const struct enumeration *enumeration = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "rollcall.enumeration (%s)", enumeration->closed ? "closed" : "open");
    return 1;
}

/* [-0, +1, v] Pushes a new enumeration that is closed: it holds nothing yet. */
static struct enumeration *new_enumeration(lua_State *L, size_t slot_count) {
    size_t slots_size = slot_count * sizeof(struct slot);
    size_t clients_size = slot_count * sizeof(struct client *);
    size_t polled_size = slot_count * sizeof(struct pollfd);
    struct enumeration *enumeration = lua_newuserdatauv(
        L, sizeof *enumeration + slots_size + clients_size + polled_size, USER_VALUES);
    memset(enumeration, 0, sizeof *enumeration + slots_size);
    enumeration->closed = true;
    enumeration->slot_count = slot_count;
    enumeration->clients = (struct client **)(enumeration->slots + slot_count);
    enumeration->polled = (struct pollfd *)(enumeration->clients + slot_count);
    for (size_t i = 0; i < slot_count; i++) {
        enumeration->slots[i].own = (struct client)CLIENT_INITIAL;
        enumeration->slots[i].client = &enumeration->slots[i].own;
    }
    luaL_setmetatable(L, METATABLE);
    return enumeration;
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
    lua_getfield(L, 1, "next_target");
    lua_setiuservalue(L, 2, NEXT_TARGET);
    lua_getfield(L, 1, "on_end");
    lua_setiuservalue(L, 2, ON_END);
    enumeration->waits_outside = lua_getfield(L, 1, "on_wait") != LUA_TNIL;
    lua_setiuservalue(L, 2, ON_WAIT);
    lua_getfield(L, 1, "tells_target");
    enumeration->tells_target = lua_toboolean(L, -1);
    lua_createtable(L, (int)concurrency, 0);
    lua_setiuservalue(L, 2, TARGETS);
    if (lua_getfield(L, 1, "server") != LUA_TNIL)
        enumeration->slots[0].client = server_client(L, -1);
    lua_setiuservalue(L, 2, SERVER);
    lua_settop(L, 2);
    enumeration->closed = false;
    enumeration->left_at = client_now();

    entry_push_closure(L, enumeration_next);
    lua_pushvalue(L, 2);
    lua_pushnil(L);
    lua_pushvalue(L, 2);
    return 4;
}

void enumeration_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", enumeration_close},
        {"__close", enumeration_close},
        {"__tostring", enumeration_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"close", enumeration_close}, {NULL, NULL}};
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, metamethods, 0);
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
