#include "workspace/http/lookups.h"

#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"

#define LEFT_AT_MOST 32
/* Three name servers are given up after half of this, where nobody changed how. */
#define LIFE_MILLISECONDS 60000

/* When each was left; 0: none was. Threads of the host may each have loops of their own. */
static _Atomic int64_t left_at[LEFT_AT_MOST];

static bool is_over(int64_t left, int64_t now) {
    return left == 0 || now - left >= LIFE_MILLISECONDS;
}

void lookups_leave_one(void) {
    int64_t now = clock_now();
    for (int i = 0; i < LEFT_AT_MOST; i++) {
        int64_t left = atomic_load(&left_at[i]);
        if (is_over(left, now) && atomic_compare_exchange_strong(&left_at[i], &left, now))
            return;
    }
}

bool lookups_may_begin(void) {
    int64_t now = clock_now();
    for (int i = 0; i < LEFT_AT_MOST; i++)
        if (is_over(atomic_load(&left_at[i]), now))
            return true;
    return false;
}
