#include "smb/lua_server.h"

#include <lauxlib.h>

#include "base/polled.h"
#include "binding/interrupt.h"
#include "rpc/win32_status.h"
#include "smb/lua_row.h"
#include "smb/lua_target.h"

#define METATABLE "rollcall.server"

struct server {
    struct client client;
    bool opened; /* and so in the caller's hands */
    bool closed;
};

static int server_close(lua_State *L) {
    struct server *server = luaL_checkudata(L, 1, METATABLE);
    server->closed = true;
    client_close(&server->client);
    server->client.user = NULL;
    return 0;
}

static struct server *check_open(lua_State *L, int index) {
    struct server *server = luaL_checkudata(L, index, METATABLE);
    if (server->closed)
        luaL_error(L, "this server handle is closed");
    return server;
}

struct client *server_client(lua_State *L, int index) {
    return &check_open(L, index)->client;
}

/* [-0, +0, e] Waits until the server's client is no longer busy, and raises what failed. A handle
 * that nobody has yet is closed then. */
static void finish(lua_State *L, struct server *server, int target) {
    struct pollfd polled;
    struct client *client = &server->client;
    while (client_progress(client), client_is_busy(client))
        if (!client_wait(&client, &polled, 1))
            interrupt_run_hook(L);
    if (client->state == CLIENT_FAILED) {
        target_push_failure(L, target, client);
        if (!server->opened)
            client_close(client);
        lua_error(L);
    }
    server->opened = true;
}

/* A page that an error while its tables are made cannot leak. */
static int free_page(lua_State *L) {
    client_free_page(lua_touserdata(L, 1));
    return 0;
}

/* [-0, +1, m] Pushes an empty page that frees itself. */
static struct client_page *push_page(lua_State *L) {
    static const char metatable[] = "rollcall.page";
    struct client_page *page = lua_newuserdatauv(L, sizeof *page, 0);
    *page = (struct client_page){0};
    if (luaL_newmetatable(L, metatable)) {
        lua_pushcfunction(L, free_page);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return page;
}

/* [-0, +1, m] */
static void push_result(lua_State *L, struct srvsvc_page *page, bool tells_level, int target) {
    entry_begin_page(L, page->level, tells_level, target);
    lua_createtable(L, 0, 6);
    lua_newtable(L);
    for (lua_Integer i = 1; entry_push(L, page); i++)
        lua_rawseti(L, -2, i);
    lua_setfield(L, -2, "entries");
    lua_pushinteger(L, page->level->number);
    lua_setfield(L, -2, "level");
    lua_pushinteger(L, page->entries_read);
    lua_setfield(L, -2, "entriesread");
    lua_pushinteger(L, page->total_entries);
    lua_setfield(L, -2, "totalentries");
    if (page->has_resume_handle) {
        lua_pushinteger(L, page->resume_handle);
        lua_setfield(L, -2, "resume_handle");
    }
    lua_pushinteger(L, page->status);
    lua_setfield(L, -2, "status");
}

static int server_page(lua_State *L) {
    struct server *server = check_open(L, 1);
    struct query query;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    target_read_query(L, 2, &query);
    if (server->client.state != CLIENT_READY) {
        target_open(L, 2, &server->client);
        finish(L, server, 2);
    }
    struct client_page *page = push_page(L);
    for (;;) {
        target_call(L, 2, &server->client, &query);
        finish(L, server, 2);
        if (target_take_page(&server->client, page))
            break;
        if (server->client.failure.code != ERROR_INVALID_LEVEL || !query_fall_back(&query)) {
            target_push_failure(L, 2, &server->client);
            return lua_error(L);
        }
    }
    push_result(L, &page->page, query.best, 2);
    client_free_page(page);
    return 1;
}

static int server_tostring(lua_State *L) {
    const struct server *server = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "rollcall.server (%s)", server->closed ? "closed" : "open");
    return 1;
}

int server_new(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct server *server = lua_newuserdatauv(L, sizeof *server, 0);
    *server = (struct server){.client = CLIENT_INITIAL};
    luaL_setmetatable(L, METATABLE);
    target_open(L, 1, &server->client);
    finish(L, server, 1);
    return 1;
}

void server_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", server_close},
        {"__close", server_close},
        {"__tostring", server_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {{"close", server_close}, {NULL, NULL}};
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, metamethods, 0);
    luaL_newlib(L, methods);
    entry_push_closure(L, server_page);
    lua_setfield(L, -2, "page");
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
