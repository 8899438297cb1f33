/* Many HTTP transfers at once, over libcurl's multi interface, in a thread of their own: while the
 * caller decodes one answer, the others come in. No Lua. */
#ifndef ROLLCALL_TRANSFER_LOOP_H
#define ROLLCALL_TRANSFER_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct transfer;
struct transfer_loop;

struct transfer_queue {
    struct transfer *first;
    struct transfer *last;
};

/* Milliseconds of a clock that only goes forward. */
int64_t transfer_now(void);

/* A loop with one reference, or NULL if there is no memory. Its connections stay open from one
 * transfer to the next, until the last reference is released. Its thread begins with the first
 * transfer, and takes no signals. After a fork it is of no use to the child. */
struct transfer_loop *transfer_loop_new(void);

struct transfer_loop *transfer_loop_retain(struct transfer_loop *loop);
void transfer_loop_release(struct transfer_loop *loop);

/* Whether this process is the one that the loop works in, not the child of a fork. */
bool transfer_loop_is_here(const struct transfer_loop *loop);

/* How many idle connections are worth keeping. */
void transfer_loop_keep(struct transfer_loop *loop, long connections);

/* For transfer.c: hands the transfer to the thread, which owns it until it is over. False if there
 * is no thread to be had. */
bool transfer_loop_add(struct transfer_loop *loop, struct transfer *transfer);

/* For transfer.c: takes the transfer back. False if it is over already. */
bool transfer_loop_remove(struct transfer_loop *loop, struct transfer *transfer);

/* For transfer.c: appends to a queue, and takes what has been in it longest, or NULL. */
void transfer_loop_push(struct transfer_loop *loop, struct transfer_queue *queue,
                        struct transfer *transfer);
struct transfer *transfer_loop_pop(struct transfer_loop *loop, struct transfer_queue *queue);

enum transfer_loop_turn { TURN_TAKEN, TURN_INTERRUPTED, TURN_IMPOSSIBLE };

/* Waits until there is something in the queue, at most until `until`. A signal interrupts the
 * wait. */
enum transfer_loop_turn transfer_loop_wait(struct transfer_loop *loop,
                                           const struct transfer_queue *queue, int64_t until);

#endif
