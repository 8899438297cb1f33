/* An SMB enumeration as an iterator: at most so many servers at once, their pages, and the entries
 * as tables, in order of arrival. */
#include "enumeration.h"

#include <lauxlib.h>
#include <string.h>

#include "entry.h"
#include "server.h"
#include "status.h"
#include "target.h"

#define METATABLE "rollcall.enumeration"
#define CONCURRENCY_LIMIT 1024

enum { NEXT_TARGET = 1, ON_ERROR, TARGETS, SERVER, USER_VALUES = SERVER };

/* A place for one target after another, with the client that asks it. */
struct slot {
    struct client own;
    struct client *client; /* `own`, or that of a server handle */
    bool active;           /* there is a target in TARGETS */
    struct client_page page;
    uint32_t resume_handle;
    uint32_t earlier_handle; /* one that was seen before, for noticing a circle */
    uint32_t page_count;
};

struct enumeration {
    struct query query;
    uint32_t resume_handle;
    bool closed;
    bool calling_back; /* inside a function of the caller's */
    bool out_of_targets;
    int64_t left_at; /* when the caller got the first entry of a page */
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
 * enumeration but not step it. */
static void call_back(lua_State *L, struct enumeration *enumeration, int arguments, int results) {
    enumeration->calling_back = true;
    int status = lua_pcall(L, arguments, results, 0);
    enumeration->calling_back = false;
    if (status != LUA_OK)
        lua_error(L);
}

/* [-0, +1, -] Pushes the slot's target and returns its index. */
static int push_target(lua_State *L, const struct enumeration *enumeration,
                       const struct slot *slot) {
    lua_getiuservalue(L, 1, TARGETS);
    lua_rawgeti(L, -1, (lua_Integer)(slot - enumeration->slots) + 1);
    lua_remove(L, -2);
    return lua_gettop(L);
}

/* [-0, +0, m] */
static void release(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    client_free_page(&slot->page);
    slot->active = false;
    if (enumeration->reading == slot)
        enumeration->reading = NULL;
    lua_getiuservalue(L, 1, TARGETS);
    lua_pushnil(L);
    lua_rawseti(L, -2, (lua_Integer)(slot - enumeration->slots) + 1);
    lua_pop(L, 1);
}

/* [-0, +0, e] Gives the slot's failure to on_error and frees the slot for the next target, or
 * raises it. */
static void fail(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    int target = push_target(L, enumeration, slot);
    target_push_failure(L, target, slot->client);
    lua_remove(L, target);
    release(L, enumeration, slot);
    if (lua_getiuservalue(L, 1, ON_ERROR) == LUA_TNIL) {
        lua_pop(L, 1);
        close_enumeration(enumeration);
        lua_error(L);
    }
    lua_insert(L, -2);
    call_back(L, enumeration, 1, 0);
}

/* [-0, +0, e] Makes the table on top of the stack the slot's target, and begins to open its pipe
 * if it is not open. */
static void begin_target(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    int target = lua_gettop(L);
    luaL_checktype(L, target, LUA_TTABLE);
    lua_getiuservalue(L, 1, TARGETS);
    lua_pushvalue(L, target);
    lua_rawseti(L, -2, (lua_Integer)(slot - enumeration->slots) + 1);
    lua_pop(L, 1);
    slot->page_count = 0;
    slot->resume_handle = slot->earlier_handle = enumeration->resume_handle;
    if (slot->client == &slot->own || slot->client->state != CLIENT_READY)
        target_open(L, target, slot->client);
    slot->active = true;
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
        if (lua_isnil(L, -1))
            enumeration->out_of_targets = true;
        else if (!enumeration->closed)
            begin_target(L, enumeration, &enumeration->slots[i]);
        lua_pop(L, 1);
    }
}

/* Decides what follows the page that was just read to its end. Returns false if the server would
 * go in circles. A handle is compared with one seen before, which is taken anew whenever the
 * number of pages has doubled: a circle of any length is found within three times its length. */
static bool follow_resume_handle(struct slot *slot) {
    const struct srvsvc_page *page = &slot->page.page;
    if (!page->has_resume_handle || page->resume_handle == slot->earlier_handle ||
        page->resume_handle == slot->resume_handle)
        return false;
    slot->page_count++;
    if ((slot->page_count & (slot->page_count - 1)) == 0)
        slot->earlier_handle = slot->resume_handle;
    slot->resume_handle = page->resume_handle;
    return true;
}

/* [-0, +0, m] The slot's page is the one that entries are taken from now. */
static void begin_page(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    enumeration->reading = slot;
    int target = push_target(L, enumeration, slot);
    entry_begin_page(L, slot->page.page.level, target);
    lua_pop(L, 1);
}

/* [-0, +0, e] The slot's page is read to its end. */
static void finish_page(lua_State *L, struct enumeration *enumeration, struct slot *slot) {
    bool more = slot->page.page.status == ERROR_MORE_DATA;
    bool moves = more && follow_resume_handle(slot);
    client_free_page(&slot->page);
    enumeration->reading = NULL;
    if (!more) {
        release(L, enumeration, slot);
    } else if (moves) {
        int target = push_target(L, enumeration, slot);
        target_call(L, target, slot->client, &enumeration->query, slot->resume_handle);
        lua_pop(L, 1);
    } else {
        failure_set(&slot->client->failure, "call", ERROR_INVALID_DATA,
                    "the server says there is more, but its resume handle does not move on");
        fail(L, enumeration, slot);
    }
}

/* [-0, +0, e] Does for every slot what can be done without waiting; returns whether one of them
 * has a page. */
static bool progress(lua_State *L, struct enumeration *enumeration) {
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        struct slot *slot = &enumeration->slots[i];
        if (!slot->active)
            continue;
        switch (client_progress(slot->client)) {
        case CLIENT_READY: {
            int target = push_target(L, enumeration, slot);
            target_call(L, target, slot->client, &enumeration->query, slot->resume_handle);
            lua_pop(L, 1);
            break;
        }
        case CLIENT_ANSWERED:
            if (target_take_page(slot->client, &slot->page)) {
                begin_page(L, enumeration, slot);
                return true;
            }
            fail(L, enumeration, slot);
            break;
        case CLIENT_FAILED:
            fail(L, enumeration, slot);
            break;
        default:
            break;
        }
    }
    return false;
}

/* [-0, +0, e] Waits for the nearest thing to happen. */
static void wait(lua_State *L, struct enumeration *enumeration) {
    size_t active = 0;
    for (size_t i = 0; i < enumeration->slot_count; i++)
        if (enumeration->slots[i].active)
            enumeration->clients[active++] = enumeration->slots[i].client;
    if (!client_wait(enumeration->clients, enumeration->polled, active))
        target_run_hook(L);
}

static bool is_any_active(const struct enumeration *enumeration) {
    for (size_t i = 0; i < enumeration->slot_count; i++)
        if (enumeration->slots[i].active)
            return true;
    return false;
}

/* The time that the caller spent with the entries of a page is not the other servers'. */
static void move_deadlines(struct enumeration *enumeration) {
    int64_t away = client_now() - enumeration->left_at;
    for (size_t i = 0; i < enumeration->slot_count; i++)
        enumeration->slots[i].client->deadline += away;
}

/* [-0, +0, e] Goes on with the servers until one of them has a page. Returns false if there are
 * none left. */
static bool next_page(lua_State *L, struct enumeration *enumeration) {
    move_deadlines(enumeration);
    for (;;) {
        fill_slots(L, enumeration);
        if (!is_any_active(enumeration))
            return false;
        if (progress(L, enumeration)) {
            enumeration->left_at = client_now();
            return true;
        }
        wait(L, enumeration);
    }
}

/* [-0, +(0|1), e] Pushes the next entry of the page that is being read; returns false if there is
 * no such page, or no more of it. */
static bool push_entry(lua_State *L, struct enumeration *enumeration) {
    struct slot *slot = enumeration->reading;
    if (!slot)
        return false;
    if (entry_push(L, &slot->page.page))
        return true;
    finish_page(L, enumeration, slot);
    return false;
}

static int enumeration_next(lua_State *L) {
    struct enumeration *enumeration = luaL_checkudata(L, 1, METATABLE);
    lua_settop(L, 1);
    if (enumeration->calling_back)
        return luaL_error(L, "an enumeration cannot be stepped from a function it calls");
    if (!enumeration->closed) {
        do
            if (push_entry(L, enumeration))
                return 1;
        while (next_page(L, enumeration));
        close_enumeration(enumeration);
    }
    lua_pushnil(L);
    return 1;
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

/* [-0, +0, v] Reads an optional integer field of the argument table. */
static lua_Integer option(lua_State *L, const char *name, lua_Integer otherwise,
                          lua_Integer limit) {
    int is_integer = true;
    lua_Integer value = otherwise;
    if (lua_getfield(L, 1, name) != LUA_TNIL)
        value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || value < 0 || value > limit)
        luaL_error(L, "%s must be an integer from 0 to %I", name, limit);
    lua_pop(L, 1);
    return value;
}

int enumeration_enumerate(lua_State *L) {
    struct query query;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    query_check(L, 1, &query);
    lua_Integer resume_handle = option(L, "resume_handle", 0, UINT32_MAX);
    lua_Integer concurrency = option(L, "concurrency", 1, CONCURRENCY_LIMIT);

    struct enumeration *enumeration = new_enumeration(L, (size_t)concurrency);
    enumeration->query = query;
    enumeration->resume_handle = (uint32_t)resume_handle;
    lua_getfield(L, 1, "next_target");
    lua_setiuservalue(L, 2, NEXT_TARGET);
    lua_getfield(L, 1, "on_error");
    lua_setiuservalue(L, 2, ON_ERROR);
    lua_createtable(L, (int)concurrency, 0);
    lua_setiuservalue(L, 2, TARGETS);
    if (lua_getfield(L, 1, "server") != LUA_TNIL)
        enumeration->slots[0].client = server_client(L, -1);
    lua_setiuservalue(L, 2, SERVER);
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
