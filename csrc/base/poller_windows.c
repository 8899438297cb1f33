/* Nothing is polled here: threads report their end, and libcurl waits for itself. So a poller has
 * no descriptor and takes none, and waiting for one is waiting for a time. */
#include "base/poller.h"

#include <errno.h>
#include <windows.h>

int poller_open(struct poller *poller) {
    *poller = (struct poller)POLLER_CLOSED;
    return 0;
}

void poller_close(struct poller *poller) {
    *poller = (struct poller)POLLER_CLOSED;
}

int poller_set(struct poller *poller, int descriptor, unsigned events, void *owner) {
    (void)poller;
    (void)descriptor;
    (void)events;
    (void)owner;
    return EBADF;
}

int poller_set_timer(struct poller *poller, int64_t milliseconds) {
    (void)poller;
    (void)milliseconds;
    return 0;
}

int poller_wait(struct poller *poller, struct poller_event *events, size_t size,
                int64_t milliseconds) {
    (void)poller;
    (void)events;
    (void)size;
    Sleep(milliseconds >= 0 && milliseconds < 86400000 ? (DWORD)milliseconds : 86400000);
    return 0;
}
