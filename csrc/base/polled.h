/* struct pollfd, for whom it is not enough to hand it on. On Windows nothing is polled: threads
 * tell that they are through, and libcurl waits for itself. */
#ifndef ROLLCALL_POLLED_H
#define ROLLCALL_POLLED_H

#if defined(_WIN32)
struct pollfd {
    int fd;
    short events;
    short revents;
};
#define POLLIN 1
#define POLLOUT 4
#else
#include <poll.h>
#endif

#endif
