/* An SMB enumeration as an iterator: at most so many servers at once, their pages, and the entries
 * as tables, in order of arrival. What is asked of a server, and what follows, its targets say. */
#include "smb/lua_enumeration.h"

#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/polled.h"
#include "binding/interrupt.h"
#include "binding/waits.h"
#include "smb/lua_enumeration_state.h"
#include "smb/lua_row.h"
#include "smb/lua_server.h"

#define METATABLE "rollcall.enumeration"
#define CONCURRENCY_LIMIT 1024

/* Where an enumeration stands that has no entry to give. */
enum stand { AT_PAGE, AT_WAIT, AT_END };

static int enumeration_close(lua_State *L) {
    enumeration_end(luaL_checkudata(L, 1, METATABLE));
    return 0;
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
        move_deadlines(enumeration, clock_now() - enumeration->left_at);
    enumeration_fill_slots(L, enumeration);
    if (!is_any_active(enumeration))
        return AT_END;
    return enumeration_progress(L, enumeration) ? AT_PAGE : AT_WAIT;
}

/* [-0, +0, e] on_wait has ended: what it returned is at the top of the stack. */
static void end_wait(lua_State *L, struct enumeration *enumeration, int status) {
    enumeration->calling_back = false;
    if (status != LUA_OK && status != LUA_YIELD) {
        enumeration_end(enumeration);
        lua_error(L);
    }
    move_deadlines(enumeration, waits_away(L, clock_now() - enumeration->left_at));
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
    enumeration->left_at = clock_now();
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
            enumeration_push_target(L, enumeration, slot);
        return true;
    }
    enumeration_finish_page(L, enumeration);
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
            enumeration_end(enumeration);
        else if (stand == AT_PAGE)
            enumeration->left_at = clock_now();
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
    enumeration->left_at = clock_now();

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
