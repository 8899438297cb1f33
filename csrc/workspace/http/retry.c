#include "workspace/http/retry.h"

#define FIRST_PAUSE 250
/* The gateway counts over seconds, so it is no use to come back sooner. */
#define FIRST_PAUSE_IF_THROTTLED 2000
#define LONGEST_PAUSE 30000
#define TOO_MANY_REQUESTS 429

bool retry_may_pass(CURLcode result, long status) {
    switch (result) {
    case CURLE_OK:
        return status == TOO_MANY_REQUESTS || status == 502 || status == 503 || status == 504;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

int64_t retry_pause(unsigned attempts, long status, int64_t retry_after, uint32_t random) {
    int64_t longest = status == TOO_MANY_REQUESTS ? FIRST_PAUSE_IF_THROTTLED : FIRST_PAUSE;
    for (unsigned i = 1; i < attempts && longest < LONGEST_PAUSE; i++)
        longest *= 2;
    if (longest > LONGEST_PAUSE)
        longest = LONGEST_PAUSE;
    /* A throttled crowd spreads out behind what was asked for, not before it. */
    int64_t pause = longest / 2 + (int64_t)(random % (uint32_t)(longest / 2 + 1));
    if (status == TOO_MANY_REQUESTS)
        pause += longest / 2;
    int64_t asked = retry_after * 1000;
    return pause > asked ? pause : asked + (int64_t)(random % FIRST_PAUSE);
}
