/* The slots of an enumeration: one target after another in each, its pages, and its result.
 * lua_enumeration.c steps them. The enumeration stands at index 1 of the stack. */
#ifndef ROLLCALL_LUA_SLOT_H
#define ROLLCALL_LUA_SLOT_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/poller.h"
#include "binding/on_wait.h"
#include "smb/link.h"
#include "smb/logon_turn.h"
#include "smb/lua_target.h"
#include "smb/paging.h"

enum { ON_WAIT = WAITER_ON_WAIT, NEXT_TARGET, ON_END, TARGETS, SERVER, USER_VALUES = SERVER };

enum slot_state {
    SLOT_FREE,
    SLOT_ACTIVE,
    SLOT_ENDED,  /* and on_end is to be called */
    SLOT_FAILED, /* likewise, with `failure` */
};

struct enumeration_slot {
    enum slot_state state; /* but for SLOT_FREE there is a target in TARGETS */
    struct query query;
    struct link_page page;
    struct logon_turn logon;
    int64_t allowed;  /* milliseconds for all that its server is asked */
    int64_t deadline; /* of that; WAITER_NEVER before the server's time begins */
    struct paging paging;
    struct link_failure failure;
};

struct enumeration {
    struct waiter waiter; /* the first member */
    struct poller poller;
    bool out_of_targets;
    bool tells_target; /* with each entry, its target */
    bool gives_way;    /* the caller has rows of its own to give first */
    unsigned given;    /* entries, since it last waited */
    size_t slot_count;
    size_t workers_of_use; /* that do not wait for servers */
    int64_t next_worker;   /* when another may be of use; WAITER_NEVER if none is wanted */
    struct enumeration_slot *reading; /* whose page is being turned into tables */
    struct enumeration_slot *called;  /* for which a function of the caller's is called: */
    int function;                     /* ON_END or NEXT_TARGET */
    bool has_server;                  /* the link of the only slot is a server handle's */
    struct credential_ledger *ledger; /* of the Lua state */
    struct link_family *family;       /* NULL before the first target */
    struct link **links;              /* one a slot, NULL before its first target */
    struct enumeration_slot slots[];
};

/* A slot that can take a target without starting more workers than are of use; or NULL. */
struct enumeration_slot *slot_find_free(struct enumeration *enumeration);

/* [-1, +0, e] Pops a target and makes it the slot's. Its pipe is opened, unless it is one that
 * on_end gave, or a server handle's, and the pipe is open. One that on_end gave has what is left of
 * the time that the server had. */
void slot_begin_target(lua_State *L, struct enumeration *enumeration,
                       struct enumeration_slot *slot);

/* [-0, +0, e] Does what can be done without waiting; returns whether the slot has a page, which is
 * `reading` then. */
bool slot_progress(lua_State *L, struct enumeration *enumeration, struct enumeration_slot *slot);

/* [-0, +0, e] The page that was being read is read to its end. */
void slot_finish_page(lua_State *L, struct enumeration *enumeration);

/* The rest of the page that is being read, and the pages after it, are not wanted: the call fails,
 * and this is why. */
void slot_break_off(struct enumeration *enumeration, const char *reason);

/* [-0, +1, e] Pushes the result for the slot's target, and makes the slot free. */
void slot_push_outcome(lua_State *L, struct enumeration *enumeration,
                       struct enumeration_slot *slot);

/* [-0, +1, m] Pushes the slot's failure as an error object. */
void slot_push_failure(lua_State *L, const struct enumeration *enumeration,
                       const struct enumeration_slot *slot);

/* [-0, +1, -] Pushes the slot's target and returns its index. */
int slot_push_target(lua_State *L, const struct enumeration *enumeration,
                     const struct enumeration_slot *slot);

/* When the slot's server is given up if it says nothing until then. */
int64_t slot_deadline(const struct enumeration *enumeration, const struct enumeration_slot *slot);

/* Ends what the slot has under way and frees what it holds. May be called again. */
void slot_end(struct enumeration *enumeration, struct enumeration_slot *slot);

#endif
