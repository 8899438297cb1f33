/* What may pass by itself, and how long to wait before asking again. No Lua and no I/O. */
#ifndef ROLLCALL_RETRY_H
#define ROLLCALL_RETRY_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* `status` is that of an answer that came whole, else 0. */
bool retry_may_pass(CURLcode result, long status);

/* Milliseconds to wait after so many attempts: longer each time, spread by `random`, and never
 * less than the server asked for in `retry_after` seconds. */
int64_t retry_pause(unsigned attempts, long status, int64_t retry_after, uint32_t random);

#endif
