/* An enumeration under way, as the files see it that do its work: enumeration.c is its Lua face and
 * its waiting, enumeration_slot.c asks the servers. In both the enumeration stands at index 1 of
 * the stack. */
#ifndef ROLLCALL_LUA_ENUMERATION_STATE_H
#define ROLLCALL_LUA_ENUMERATION_STATE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smb/link.h"
#include "smb/lua_target.h"

enum { NEXT_TARGET = 1, ON_END, ON_WAIT, TARGETS, SERVER, USER_VALUES = SERVER };

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

/* Ends what is under way and frees what it holds. May be called again. */
void enumeration_end(struct enumeration *enumeration);

/* [-0, +0, e] Asks the caller's function for targets until every slot has one or there are no
 * more. */
void enumeration_fill_slots(lua_State *L, struct enumeration *enumeration);

/* [-0, +0, e] Does for every slot what can be done without waiting; returns whether one of them
 * has a page, which is `reading` then. */
bool enumeration_progress(lua_State *L, struct enumeration *enumeration);

/* [-0, +0, e] The page that was being read is read to its end. */
void enumeration_finish_page(lua_State *L, struct enumeration *enumeration);

/* [-0, +1, -] Pushes the slot's target and returns its index. */
int enumeration_push_target(lua_State *L, const struct enumeration *enumeration,
                            const struct slot *slot);

#endif
