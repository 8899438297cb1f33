/* Who waits for transfers: a query, or a request for a token. */
#ifndef ROLLCALL_LUA_TRANSFER_WAITER_H
#define ROLLCALL_LUA_TRANSFER_WAITER_H

#include <lua.h>

#include "binding/on_wait.h"
#include "workspace/http/loop.h"
#include "workspace/http/transfer.h"

struct transfer_waiter {
    struct waiter waiter; /* the first member, so that one is found from the other */
    struct transfer_loop *loop;
    struct transfer_queue finished;
    struct watch watch; /* of its own, where it waits in on_wait and for itself */
};

/* [-1, +0, e] Takes on_wait, or nil, from the top of the stack and opens the waiter at index 1,
 * which waits for transfers of the loop. Where it does so on behalf of another, on_wait gets
 * that one's descriptor; else `other` is NULL. */
void transfer_waiter_open(lua_State *L, struct transfer_waiter *self, struct transfer_loop *loop,
                          struct transfer_waiter *other);

/* For its struct waiter_kind: takes a turn of the loop. */
enum waiter_turn transfer_waiter_wait(struct waiter *waiter, int64_t milliseconds);

/* For the end of its `advance`: whether it wants to wait, or is in the caller's hands. */
void transfer_waiter_stand(struct transfer_waiter *self, bool waits);

/* Leaves the loop, with no transfer left. May be called again. */
void transfer_waiter_end(struct transfer_waiter *self);

#endif
