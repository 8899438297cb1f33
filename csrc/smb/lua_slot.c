#include "smb/lua_slot.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "rpc/win32_status.h"
#include "smb/lua_failure.h"
#include "smb/lua_row.h"

/* What takes longer than that waits for a server rather than for a processor. */
#define SERVERS_MILLISECONDS 200

static struct link *link_of(const struct enumeration *enumeration,
                            const struct enumeration_slot *slot) {
    return enumeration->links[slot - enumeration->slots];
}

void slot_end(struct enumeration *enumeration, struct enumeration_slot *slot) {
    struct link **link = &enumeration->links[slot - enumeration->slots];
    slot->state = SLOT_FREE;
    link_free_page(&slot->page);
    logon_turn_end(&slot->logon);
    if (!*link)
        return;
    link_leave(*link, slot);
    link_release(*link);
    *link = NULL;
}

struct enumeration_slot *slot_find_free(struct enumeration *enumeration) {
    int64_t now = waiter_now(&enumeration->waiter), next_worker = WAITER_NEVER;
    struct enumeration_slot *cold = NULL;
    size_t at_work = 0;
    for (size_t i = 0; i < enumeration->slot_count; i++) {
        struct enumeration_slot *slot = &enumeration->slots[i];
        const struct link *link = enumeration->links[i];
        if (slot->state != SLOT_FREE) {
            int64_t waits =
                link && link_is_busy(link) ? link_begun(link) + SERVERS_MILLISECONDS : 0;
            at_work += waits > now;
            if (waits > now && waits < next_worker)
                next_worker = waits;
        } else if (link && link_is_warm(link)) {
            return slot;
        } else if (!cold) {
            cold = slot;
        }
    }
    bool is_of_use = at_work < enumeration->workers_of_use;
    enumeration->next_worker = cold && !is_of_use ? next_worker : WAITER_NEVER;
    return is_of_use ? cold : NULL;
}

int slot_push_target(lua_State *L, const struct enumeration *enumeration,
                     const struct enumeration_slot *slot) {
    lua_getiuservalue(L, 1, TARGETS);
    lua_rawgeti(L, -1, (lua_Integer)(slot - enumeration->slots) + 1);
    lua_remove(L, -2);
    return lua_gettop(L);
}

/* [-1, +0, m] Pops a target and keeps it as the slot's. */
static void keep_target(lua_State *L, const struct enumeration *enumeration,
                        const struct enumeration_slot *slot) {
    lua_getiuservalue(L, 1, TARGETS);
    lua_insert(L, -2);
    lua_rawseti(L, -2, (lua_Integer)(slot - enumeration->slots) + 1);
    lua_pop(L, 1);
}

static void fail(struct enumeration_slot *slot, const struct link_failure *failure) {
    slot->failure = *failure;
    slot->state = SLOT_FAILED;
}

static void fail_with(struct enumeration_slot *slot, const char *stage, uint32_t status,
                      const char *detail) {
    link_failure_set(&slot->failure, stage, status, detail);
    slot->state = SLOT_FAILED;
}

static void lose(struct enumeration_slot *slot) {
    logon_turn_end(&slot->logon);
    fail_with(slot, "call", ERROR_OPERATION_ABORTED,
              "its server handle was closed, or used by another iterator, meanwhile");
}

/* [-0, +0, e] Begins the slot's next call. */
static void call(lua_State *L, struct enumeration *enumeration, struct enumeration_slot *slot) {
    struct link *link = link_of(enumeration, slot);
    int target = slot_push_target(L, enumeration, slot);
    link_take(link, slot, &enumeration->poller);
    target_call(L, target, link, &slot->query, waiter_now(&enumeration->waiter));
    lua_pop(L, 1);
}

/* [-0, +0, v] */
static void open_link(lua_State *L, struct enumeration *enumeration,
                      struct enumeration_slot *slot) {
    struct link *link = link_of(enumeration, slot);
    int target = slot_push_target(L, enumeration, slot);
    link_take(link, slot, &enumeration->poller);
    logon_turn_end(&slot->logon);
    if (!target_open(L, target, link, slot->query.call->rpc_interface,
                     waiter_now(&enumeration->waiter), enumeration->ledger, &slot->logon,
                     &slot->failure))
        slot->state = SLOT_FAILED;
    lua_pop(L, 1);
}

/* What every link needs is had with the first, so that a failure is a server's. Returns 0 or an
 * errno. */
static int have_link(struct enumeration *enumeration, const struct enumeration_slot *slot) {
    struct link **link = &enumeration->links[slot - enumeration->slots];
    struct poller *poller = &enumeration->poller;
    if (!enumeration->family && !(enumeration->family = link_family_new()))
        return ENOMEM;
    if (!*link && !(*link = link_new(enumeration->family)))
        return ENOMEM;
    int error = poller->descriptor < 0 ? poller_open(poller) : 0;
    enumeration->waiter.descriptor = poller->descriptor;
    return error;
}

void slot_begin_target(lua_State *L, struct enumeration *enumeration,
                       struct enumeration_slot *slot) {
    bool is_next = enumeration->function == NEXT_TARGET;
    int target = lua_gettop(L);
    luaL_checktype(L, target, LUA_TTABLE);
    target_read_query(L, target, &slot->query);
    paging_begin(&slot->paging, slot->query.resume_handle);
    if (is_next) {
        slot->allowed = target_read_deadline(L, target);
        slot->deadline = WAITER_NEVER;
    }
    keep_target(L, enumeration, slot);
    slot->state = SLOT_ACTIVE;
    int error = have_link(enumeration, slot);
    if (error)
        fail_with(slot, "worker", status_of_errno(error), strerror(error));
    else if (link_is_idle(link_of(enumeration, slot)) && (!is_next || enumeration->has_server))
        call(L, enumeration, slot);
    else
        open_link(L, enumeration, slot);
}

void slot_push_failure(lua_State *L, const struct enumeration *enumeration,
                       const struct enumeration_slot *slot) {
    int target = slot_push_target(L, enumeration, slot);
    target_push_failure(L, target, &slot->failure);
    lua_remove(L, target);
}

void slot_push_outcome(lua_State *L, struct enumeration *enumeration,
                       struct enumeration_slot *slot) {
    const struct link *link = link_of(enumeration, slot);
    lua_createtable(L, 0, 5);
    lua_pushboolean(L, link && link_is_idle(link));
    lua_setfield(L, -2, "usable");
    if (slot->paging.page_count > 0) {
        lua_pushinteger(L, (lua_Integer)slot->paging.claimed);
        lua_setfield(L, -2, "claimed");
    }
    lua_pushinteger(L, (lua_Integer)slot->paging.received);
    lua_setfield(L, -2, "received");
    lua_pushinteger(L, (lua_Integer)slot->paging.placeholders);
    lua_setfield(L, -2, "placeholders");
    if (slot->state == SLOT_FAILED) {
        slot_push_failure(L, enumeration, slot);
        lua_setfield(L, -2, "failure");
    }
    slot->state = SLOT_FREE;
}

/* [-0, +0, m] The slot's page is the one that entries are taken from now. */
static void begin_page(lua_State *L, struct enumeration *enumeration,
                       struct enumeration_slot *slot) {
    const struct net_enum_page *page = &slot->page.page;
    enumeration->reading = slot;
    paging_take(&slot->paging, page);
    int target = slot_push_target(L, enumeration, slot);
    row_begin_page(L, page->level, slot->query.best, target);
    lua_pop(L, 1);
}

void slot_finish_page(lua_State *L, struct enumeration *enumeration) {
    struct enumeration_slot *slot = enumeration->reading;
    enum paging_end end = paging_follow(&slot->paging, &slot->page.page);
    slot->query.resume_handle = slot->paging.resume_handle;
    link_free_page(&slot->page);
    enumeration->reading = NULL;
    switch (end) {
    case PAGING_DONE:
        slot->state = SLOT_ENDED;
        return;
    case PAGING_CIRCLES:
        fail_with(slot, "call", ERROR_INVALID_DATA,
                  "the server says there is more, but its resume handle does not move on");
        return;
    case PAGING_EMPTY:
        fail_with(slot, "call", ERROR_INVALID_DATA,
                  "the server says there is more, but its pages have been empty for long");
        return;
    case PAGING_MORE:
        if (link_is_idle(link_of(enumeration, slot)))
            call(L, enumeration, slot);
        else
            lose(slot);
    }
}

void slot_break_off(struct enumeration *enumeration, const char *reason) {
    struct enumeration_slot *slot = enumeration->reading;
    if (!slot)
        return;
    link_free_page(&slot->page);
    enumeration->reading = NULL;
    fail_with(slot, "call", ERROR_NOT_ENOUGH_MEMORY, reason);
}

/* [-0, +0, e] Takes an answer over. Returns whether it is a page; if not, the slot has failed, or
 * its link is ready for the query at another level. */
static bool take_answer(lua_State *L, struct enumeration *enumeration,
                        struct enumeration_slot *slot) {
    if (target_take_page(link_of(enumeration, slot), &slot->query, &slot->page, &slot->failure)) {
        begin_page(L, enumeration, slot);
        return true;
    }
    if (slot->failure.code != ERROR_INVALID_LEVEL || !query_fall_back(&slot->query))
        slot->state = SLOT_FAILED;
    return false;
}

/* [-0, +0, -] All that the server was asked took too long. */
static void give_up(struct enumeration_slot *slot, struct link *link) {
    char detail[96];
    snprintf(detail, sizeof detail, "not done after %g seconds, which is its deadline",
             (double)slot->allowed / 1000);
    link_leave(link, slot);
    logon_turn_end(&slot->logon);
    fail_with(slot, "call", ERROR_SEM_TIMEOUT, detail);
}

bool slot_progress(lua_State *L, struct enumeration *enumeration, struct enumeration_slot *slot) {
    struct link *link = link_of(enumeration, slot);
    int64_t now = waiter_now(&enumeration->waiter);
    enum link_state state = link_progress(link, slot, now);
    if (!logon_turn_follow(&slot->logon, link, state, now, &slot->failure)) {
        link_leave(link, slot);
        logon_turn_end(&slot->logon);
        slot->state = SLOT_FAILED;
        return false;
    }
    if (state == LINK_ASKING)
        return false;
    if (slot->deadline == WAITER_NEVER && state != LINK_STARTING)
        slot->deadline = now + slot->allowed;
    if (now >= slot->deadline && (state == LINK_READY || link_is_busy(link)) &&
        state != LINK_LOST) {
        give_up(slot, link);
        return false;
    }
    switch (state) {
    case LINK_READY:
        call(L, enumeration, slot);
        return false;
    case LINK_ANSWERED:
        return take_answer(L, enumeration, slot);
    case LINK_FAILED:
        fail(slot, link_failure(link));
        return false;
    case LINK_CLOSED:
    case LINK_LOST:
        lose(slot);
        return false;
    default:
        return false;
    }
}

int64_t slot_deadline(const struct enumeration *enumeration, const struct enumeration_slot *slot) {
    const struct link *link = link_of(enumeration, slot);
    int64_t now = waiter_now(&enumeration->waiter);
    if (link_state(link, slot) == LINK_ASKING)
        return now + CREDENTIAL_TURN_MILLISECONDS;
    if (!link_is_busy(link)) /* the step that was just begun has failed at once */
        return now;
    int64_t step = link_deadline(link);
    return step < slot->deadline ? step : slot->deadline;
}
