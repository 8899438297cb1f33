/* Many HTTP transfers at once, over libcurl's multi interface. No Lua. */
#ifndef ROLLCALL_LOOP_H
#define ROLLCALL_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pollfd;
struct transfer;
struct transfer_loop;

/* At most so long somebody else may wait for a loop: another query of the same loop may meanwhile
 * read what this one waits for, and the sockets tell nothing any more. */
#define TRANSFER_LOOP_LOOK_MILLISECONDS 250

/* A loop with one reference, or NULL if there is no memory. Its connections stay open from one
 * transfer to the next, until the last reference is released. */
struct transfer_loop *transfer_loop_new(void);

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop);
void transfer_loop_release(struct transfer_loop *loop);

/* How many idle connections are worth keeping. */
void transfer_loop_keep(struct transfer_loop *loop, long connections);

/* For transfer.c: hands the transfer to the loop, and takes it back whatever its state. */
bool transfer_loop_add(struct transfer_loop *loop, struct transfer *transfer);
void transfer_loop_remove(struct transfer_loop *loop, struct transfer *transfer);

enum transfer_loop_turn { TURN_TAKEN, TURN_INTERRUPTED, TURN_IMPOSSIBLE };

/* What there is to wait for, at most until `until`: the sockets, some of which are -1, and for how
 * many milliseconds, below 0 for ever. They hold until the loop runs. Where they are not known, it
 * is a short time. */
const struct pollfd *transfer_loop_polled(const struct transfer_loop *loop, int64_t until,
                                          size_t *count, int64_t *milliseconds);

/* Waits until something happens, at most until `until`, and does all that can be done without
 * waiting: transfers that are over land in their queues. A signal interrupts the wait. */
enum transfer_loop_turn transfer_loop_run(struct transfer_loop *loop, int64_t until);

#endif
