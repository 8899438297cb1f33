#include "smb/lua_server.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/poller.h"
#include "binding/failure.h"
#include "binding/interrupt.h"
#include "binding/metatable.h"
#include "rpc/srvsvc.h"
#include "rpc/win32_status.h"
#include "smb/lua_logon.h"
#include "smb/lua_row.h"
#include "smb/lua_server_door.h"
#include "smb/lua_target.h"

struct server {
    const struct server_door *door; /* the first member */
    struct link *link;              /* NULL: this handle is new and has nothing yet */
    struct credential_ledger *ledger;
    struct logon_turn logon;
    struct poller poller;
    bool opened; /* and so in the caller's hands */
    bool closed;
};

static int server_close(lua_State *L) {
    struct server *server = luaL_checkudata(L, 1, SERVER_METATABLE);
    server->closed = true;
    logon_turn_end(&server->logon);
    if (server->link)
        link_close(server->link);
    poller_close(&server->poller);
    return 0;
}

static int server_gc(lua_State *L) {
    struct server *server = luaL_checkudata(L, 1, SERVER_METATABLE);
    server_close(L);
    link_release(server->link);
    server->link = NULL;
    return 0;
}

static struct server *check_open(lua_State *L, int index) {
    struct server *server = luaL_checkudata(L, index, SERVER_METATABLE);
    if (server->closed)
        failure_raise_text(L, "this server handle is closed");
    return server;
}

struct link *server_link(lua_State *L, int index) {
    return check_open(L, index)->link;
}

/* [-0, +0, e] Raises the failure of what was asked of the target at index 2. A handle that nobody
 * has yet is closed then. */
static void raise(lua_State *L, struct server *server, const struct link_failure *failure) {
    target_push_failure(L, 2, failure);
    if (!server->opened)
        link_close(server->link);
    lua_error(L);
}

/* [-0, +0, e] Waits until the owner's link is no longer busy, and raises what failed. */
static void finish(lua_State *L, struct server *server, const void *owner) {
    struct link *link = server->link;
    struct link_failure failure;
    enum link_state state;
    for (;;) {
        state = link_progress(link, owner, clock_now());
        if (!logon_turn_follow(&server->logon, link, state, clock_now(), &failure)) {
            logon_turn_end(&server->logon);
            link_leave(link, owner);
            raise(L, server, &failure);
        }
        if (state == LINK_ASKING && link_state(link, owner) != LINK_ASKING)
            continue;
        if (!link_is_busy(link) || state == LINK_LOST)
            break;
        int64_t rest = link_state(link, owner) == LINK_ASKING ? CREDENTIAL_TURN_MILLISECONDS
                                                              : link_deadline(link) - clock_now();
        int error = link_wait(&link, 1, &server->poller, rest > 0 ? rest : 0);
        if (error == EINTR)
            interrupt_run_hook(L);
        else if (error)
            luaL_error(L, "cannot wait for a server: %s", strerror(error));
    }
    if (state == LINK_FAILED)
        raise(L, server, link_failure(link));
    if (state != LINK_READY && state != LINK_ANSWERED)
        luaL_error(L, "this server handle was closed, or used again, during the call");
}

/* [-0, +0, e] Begins to open an interface of the target at index 2. */
static void open_link(lua_State *L, struct server *server,
                      const struct rpc_interface *rpc_interface) {
    struct link_failure failure;
    logon_turn_end(&server->logon);
    if (!target_open(L, 2, server->link, rpc_interface, clock_now(), server->ledger, &server->logon,
                     &failure))
        raise(L, server, &failure);
}

/* A page that an error while its tables are made cannot leak; and the owner of the link meanwhile.
 */
static int free_page(lua_State *L) {
    link_free_page(lua_touserdata(L, 1));
    return 0;
}

/* [-0, +1, m] Pushes an empty page that frees itself. */
static struct link_page *push_page(lua_State *L) {
    static const char metatable[] = "rollcall.page";
    struct link_page *page = lua_newuserdatauv(L, sizeof *page, 0);
    *page = (struct link_page){0};
    if (luaL_newmetatable(L, metatable)) {
        lua_pushcfunction(L, free_page);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return page;
}

/* [-0, +1, m] */
static void push_result(lua_State *L, struct net_enum_page *page, bool tells_level, int target) {
    row_begin_page(L, page->level, tells_level, target);
    lua_createtable(L, 0, 6);
    lua_newtable(L);
    for (lua_Integer i = 1; row_push(L, page); i++)
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

/* [-0, +1, e] The page at 3 of the target at 2, as a table. A closure of its own for each, since a
 * finaliser that runs meanwhile may ask for a page too. */
static int make_page(lua_State *L) {
    struct link_page *page = lua_touserdata(L, 3);
    push_result(L, &page->page, lua_toboolean(L, 4), 2);
    link_free_page(page);
    return 1;
}

/* [-0, +0, e] Takes the link for the owner, and opens it where it is not. */
static void take_open(lua_State *L, struct server *server, const void *owner,
                      const struct rpc_interface *rpc_interface) {
    link_take(server->link, owner, &server->poller);
    if (link_state(server->link, owner) == LINK_READY)
        return;
    open_link(L, server, rpc_interface);
    finish(L, server, owner);
}

/* [-0, +0, e] Asks for the page, falling back from level to level if that is wanted. */
static void ask(lua_State *L, struct server *server, struct query *query, struct link_page *page) {
    struct link_failure failure;
    take_open(L, server, page, query->call->rpc_interface);
    for (;;) {
        do {
            target_call(L, 2, server->link, query, clock_now());
            finish(L, server, page);
        } while (link_state(server->link, page) == LINK_READY);
        if (target_take_page(server->link, query, page, &failure))
            return;
        if (failure.code != ERROR_INVALID_LEVEL || !query_fall_back(query))
            raise(L, server, &failure);
    }
}

static int server_page(lua_State *L) {
    struct server *server = check_open(L, 1);
    struct query query;
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    target_read_query(L, 2, &query);
    struct link_page *page = push_page(L);
    ask(L, server, &query, page);
    link_leave(server->link, page);
    lua_pushboolean(L, query.best);
    lua_pushvalue(L, 1);
    row_push_closure(L, make_page);
    lua_insert(L, 1);
    lua_call(L, 4, 1);
    return 1;
}

static void make_status_call(lua_State *L, struct status_request *request) {
    struct server *server = check_open(L, 1);
    struct link_failure failure;
    luaL_checktype(L, 2, LUA_TTABLE);
    request->server_name = target_unc(L, 2);
    take_open(L, server, request, &srvsvc);
    do {
        link_status_call(server->link, request, clock_now());
        finish(L, server, request);
    } while (link_state(server->link, request) == LINK_READY);
    bool done = target_take_status(server->link, request->call, &failure);
    link_leave(server->link, request);
    if (!done)
        raise(L, server, &failure);
}

static const struct server_door door = {SERVER_DOOR_VERSION, make_status_call};

/* [-0, +0, v] What is asked first of the target at index 2, if that is known. */
static const struct rpc_interface *first_interface(lua_State *L) {
    struct query query;
    bool is_known = lua_getfield(L, 2, "query") != LUA_TNIL;
    lua_pop(L, 1);
    if (!is_known)
        return &srvsvc;
    target_read_query(L, 2, &query);
    return query.call->rpc_interface;
}

static int server_tostring(lua_State *L) {
    const struct server *server = luaL_checkudata(L, 1, SERVER_METATABLE);
    lua_pushfstring(L, "rollcall.server (%s)", server->closed ? "closed" : "open");
    return 1;
}

int server_new(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct server *server = lua_newuserdatauv(L, sizeof *server, 0);
    *server = (struct server){.door = &door, .poller = POLLER_CLOSED};
    luaL_setmetatable(L, SERVER_METATABLE);
    lua_insert(L, 1);
    server->link = link_new(NULL);
    if (!server->link)
        return luaL_error(L, "not enough memory for a server");
    int error = poller_open(&server->poller);
    if (error) {
        struct link_failure failure;
        link_failure_set(&failure, "worker", status_of_errno(error), strerror(error));
        raise(L, server, &failure);
    }
    link_take(server->link, server, &server->poller);
    server->ledger = logon_ledger_of(L);
    open_link(L, server, first_interface(L));
    finish(L, server, server);
    link_leave(server->link, server);
    server->opened = true;
    lua_settop(L, 1);
    return 1;
}

void server_register(lua_State *L) {
    static const luaL_Reg metamethods[] = {
        {"__gc", server_gc},
        {"__close", server_close},
        {"__tostring", server_tostring},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"close", server_close}, {"page", server_page}, {NULL, NULL}};
    metatable_register(L, SERVER_METATABLE, metamethods, methods);
}
