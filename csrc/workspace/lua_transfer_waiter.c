#include "workspace/lua_transfer_waiter.h"

#include <lauxlib.h>
#include <string.h>

void transfer_waiter_open(lua_State *L, struct transfer_waiter *self, struct transfer_loop *loop,
                          struct transfer_waiter *other) {
    int descriptor = -1;
    self->loop = transfer_loop_retain(loop);
    self->watch = (struct watch)WATCH_CLOSED;
    self->finished = (struct transfer_queue){NULL, NULL, NULL};
    if (!lua_isnil(L, -1)) {
        struct watch *watch = other ? &other->watch : &self->watch;
        int error = other ? 0 : transfer_loop_open_watch(loop, watch);
        if (error) {
            transfer_waiter_end(self);
            lua_pushfstring(L, "no connection can be waited for: %s", strerror(error));
            lua_error(L);
        }
        self->finished.watch = watch;
        descriptor = watch->poller.descriptor;
    }
    waiter_open(L, &self->waiter, descriptor);
}

enum waiter_turn transfer_waiter_wait(struct waiter *waiter, int64_t milliseconds) {
    struct transfer_waiter *self = (struct transfer_waiter *)waiter;
    switch (transfer_loop_run(self->loop, self->finished.watch, milliseconds)) {
    case TURN_INTERRUPTED:
        return WAITER_INTERRUPTED;
    case TURN_IMPOSSIBLE:
        return WAITER_IMPOSSIBLE;
    case TURN_TAKEN:
        break;
    }
    return WAITER_TURN;
}

void transfer_waiter_stand(struct transfer_waiter *self, bool waits) {
    if (!self->finished.watch || self->waiter.closed)
        return;
    if (waits)
        transfer_loop_begin_wait(self->loop, self->finished.watch);
    else
        transfer_loop_leave(self->loop, self->finished.watch);
}

void transfer_waiter_end(struct transfer_waiter *self) {
    if (!self->loop)
        return;
    transfer_loop_close_watch(self->loop, &self->watch);
    transfer_loop_release(self->loop);
    self->loop = NULL;
}
