/* Look-ups of names that nobody waits for any more. A thread makes each, and ends when the name
 * servers answered or the system gave them up, which nothing reports. No Lua. */
#ifndef ROLLCALL_LOOKUPS_H
#define ROLLCALL_LOOKUPS_H

#include <stdbool.h>

/* One was left behind while it was under way. */
void lookups_leave_one(void);

/* False if so many were left behind in the last minute, by whatever loop, that no other may begin.
 */
bool lookups_may_begin(void);

#endif
