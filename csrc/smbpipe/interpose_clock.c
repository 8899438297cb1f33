/* libtevent measures the time that a server has with gettimeofday(), so that a wall clock which is
 * set forward would end every wait at once. The function below comes first when that name is looked
 * up. Kerberos asks it too, at the logon, when it is as right as the wall clock. */
#define _GNU_SOURCE

#include "smbpipe/interpose_clock.h"

#include <stdint.h>
#include <sys/time.h>
#include <time.h>

static int64_t ahead; /* the time of day, beyond the monotonic clock, in nanoseconds */

static int64_t now_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void steady_clock_set(void) {
    ahead = now_of(CLOCK_REALTIME) - now_of(CLOCK_MONOTONIC);
}

__attribute__((visibility("default"))) int gettimeofday(struct timeval *restrict tv,
                                                        void *restrict tz) {
    (void)tz;
    int64_t time = now_of(CLOCK_MONOTONIC) + ahead;
    tv->tv_sec = (time_t)(time / 1000000000);
    tv->tv_usec = (suseconds_t)(time % 1000000000 / 1000);
    return 0;
}
