/* For spec/retry_spec.lua: answers each line "CURLCODE STATUS ATTEMPTS RETRY-AFTER RANDOM" of its
 * standard input with a line of whether that may pass, 0 or 1, and of the milliseconds until it is
 * asked again. */
#include "workspace/http/retry.h"

#include <inttypes.h>
#include <stdio.h>

int main(void) {
    int result;
    long status;
    unsigned attempts;
    int64_t retry_after;
    uint32_t random;
    while (scanf("%d %ld %u %" SCNd64 " %" SCNu32, &result, &status, &attempts, &retry_after,
                 &random) == 5)
        printf("%d %" PRId64 "\n", retry_may_pass((CURLcode)result, status),
               retry_pause(attempts, status, retry_after, random));
    return 0;
}
