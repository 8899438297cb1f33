/* Work that blocks, each on a thread of its own, for a caller who may stop waiting at any time.
 * Knows no Lua. */
#ifndef ROLLCALL_TASK_H
#define ROLLCALL_TASK_H

#include <stdbool.h>
#include <stdint.h>

struct task;

/* `run` is called on the thread. `discard` is called once, when neither the thread nor the caller
 * needs the work any more, on whichever of the two was last. */
struct task_kind {
    void (*run)(void *work);
    void (*discard)(void *work);
};

/* Starts it. NULL if there are too many threads already, or no memory: the work is still the
 * caller's then. */
struct task *task_start(const struct task_kind *kind, void *work);

bool task_is_done(const struct task *task);

/* What was given to task_start. To be touched only once the task is done. */
void *task_work(const struct task *task);

/* The caller needs it no more, done or not. */
void task_leave(struct task *task);

/* How many tasks of this process have come to their end. */
uint64_t task_count_ended(void);

/* Waits until more than `ended` have, or for so many milliseconds. */
void task_wait(uint64_t ended, uint32_t milliseconds);

#endif
