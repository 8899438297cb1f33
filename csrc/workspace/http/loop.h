/* Many HTTP transfers at once, over libcurl's multi interface. No Lua. */
#ifndef ROLLCALL_LOOP_H
#define ROLLCALL_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "workspace/http/watch.h"

struct transfer_loop;

/* Gets what libcurl's handle has as CURLOPT_PRIVATE, once the loop has let the handle go. */
typedef void transfer_loop_finished(void *transfer, CURLcode result);

/* Makes a loop with one reference. Its connections stay open from one transfer to the next, until
 * the last reference is released. Returns 0 or an errno. */
int transfer_loop_new(struct transfer_loop **made, transfer_loop_finished *finished);

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop);
void transfer_loop_release(struct transfer_loop *loop);

/* How many idle connections are worth keeping. */
void transfer_loop_keep(struct transfer_loop *loop, long connections);

/* Hands a handle to the loop, and takes it back whatever its state. */
bool transfer_loop_add(struct transfer_loop *loop, CURL *easy);
void transfer_loop_remove(struct transfer_loop *loop, CURL *easy);

/* Watches of the loop, as of watch.h. */
int transfer_loop_open_watch(struct transfer_loop *loop, struct watch *watch);
void transfer_loop_close_watch(struct transfer_loop *loop, struct watch *watch);

/* Whose watch it is waits elsewhere from now on, or else does not care until he does. */
void transfer_loop_begin_wait(struct transfer_loop *loop, struct watch *watch);
void transfer_loop_leave(struct transfer_loop *loop, struct watch *watch);

/* Something has landed for whom the watch is of, which may be NULL. */
void transfer_loop_wake(const struct transfer_loop *loop, struct watch *watch);

enum transfer_loop_turn { TURN_TAKEN, TURN_INTERRUPTED, TURN_IMPOSSIBLE };

/* Waits until something happens, for at most so many milliseconds, below 0 for ever, and does what
 * can be done without waiting, or the next part of it where it takes long: transfers that are over
 * land in their queues. A signal interrupts the wait. The watch of who takes the turn may be NULL.
 */
enum transfer_loop_turn transfer_loop_run(struct transfer_loop *loop, struct watch *watch,
                                          int64_t milliseconds);

#endif
