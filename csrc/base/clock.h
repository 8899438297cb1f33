/* The clock by which everything here is timed. */
#ifndef ROLLCALL_CLOCK_H
#define ROLLCALL_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that only goes forward, and that nobody can set. */
int64_t clock_now(void);

#endif
