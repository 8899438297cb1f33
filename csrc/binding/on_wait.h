/* The one way in which an iterator goes on and waits.
 *
 * An iterator says in `advance` what it can do without waiting. Where it can do nothing, it is
 * waited for here: by its own `wait`, or by the caller's on_wait, which gets the one descriptor
 * that the iterator has until it is closed, and a time. on_wait may yield, and so may what an
 * iterator asks to be called; the iterator then goes on where it was.
 *
 * The iterator is a userdata that begins with a struct waiter. It stands at index 1 of the stack in
 * all that is called from here, and its first user value is on_wait. */
#ifndef ROLLCALL_ON_WAIT_H
#define ROLLCALL_ON_WAIT_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#define WAITER_ON_WAIT 1
#define WAITER_NEVER INT64_MAX

struct waiter;

enum waiter_turn { WAITER_TURN, WAITER_INTERRUPTED, WAITER_IMPOSSIBLE };

/* What `advance` wants where it has no values to give. */
struct waiter_wish {
    int64_t until; /* to wait at most until then, in waiter_now's time */
    int arguments; /* or to call the function that lies on the stack below so many arguments */
    int results;
};

enum { WAITER_WAIT = 0, WAITER_CALL = -1 };

struct waiter_kind {
    const char *name; /* for messages: "an enumeration" */

    /* [-0, +n, e] Pushes the next values and returns their number, which is above 0; or fills in
     * the wish and returns WAITER_WAIT, or WAITER_CALL with function and arguments pushed. Is not
     * called once the iterator is closed. */
    int (*advance)(lua_State *L, struct waiter *waiter, struct waiter_wish *wish);

    /* [-results, +0, e] What was called has returned. NULL for who calls nothing. */
    void (*take_results)(lua_State *L, struct waiter *waiter);

    /* Waits until something happens, for at most so many milliseconds, below 0 for ever, and takes
     * note of it; with 0 it takes note of what has happened. */
    enum waiter_turn (*wait)(struct waiter *waiter, int64_t milliseconds);

    /* Ends what is under way and frees what is held. May be called again. */
    void (*end)(struct waiter *waiter);
};

struct waiter {
    const struct waiter_kind *kind;
    int descriptor; /* what on_wait gets to wait for; -1: there is the time alone */
    bool waits_outside;
    bool closed;
    bool stepping;     /* inside `advance` or `take_results`, or an error has left them */
    bool calling_back; /* inside a function of the caller's, or of another library */
    bool is_waiting;   /* which is on_wait */
    bool ends_later;   /* it was closed while it was stepping */
    int results;       /* where Lua calls in our place: how many are wanted */
    int64_t away;      /* milliseconds that the caller spent on something else */
    int64_t left_at;   /* since when it is in the caller's hands; 0: it is not */
};

/* [-0, +0, -] Makes the new userdata at index 1 a waiter that is closed. */
void waiter_begin(struct waiter *waiter, const struct waiter_kind *kind);

/* [-1, +0, -] Takes on_wait, or nil, from the top of the stack, and opens the waiter, which has
 * what it needs. `descriptor` is the one that on_wait gets, or -1. */
void waiter_open(lua_State *L, struct waiter *waiter, int descriptor);

/* [-0, +n, e] The next values, or nil. */
int waiter_step(lua_State *L, struct waiter *waiter);

/* [-0, +0, -] Ends the iterator: at once, or, if it is just stepping, when it has done that. */
void waiter_close(lua_State *L, struct waiter *waiter);

/* Ends it whatever it is doing, for `__gc` and before an error is raised. May be called again. */
void waiter_end(struct waiter *waiter);

/* Milliseconds of a clock that stands still while the caller does something else. */
int64_t waiter_now(const struct waiter *waiter);

/* The iterator's values are in the caller's hands from now on, until it comes back. */
void waiter_leave(struct waiter *waiter);
void waiter_come_back(struct waiter *waiter);

#endif
