#define _GNU_SOURCE

#include "workspace/http/multi_posix.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/sockios.h>
#define BYTES_ON_THEIR_WAY SIOCOUTQ
#else
#include <sys/filio.h>
#define BYTES_ON_THEIR_WAY FIONWRITE
#endif

/* What a socket counts; -1 if the descriptor is no socket. */
static int count_bytes(int descriptor, unsigned long what) {
    int type, bytes = -1;
    socklen_t size = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        ioctl(descriptor, what, &bytes) != 0)
        return -1;
    return bytes;
}

/* libcurl keeps a pair of sockets with every multi handle, to be woken by, and before 8.12 it does
 * not close them at an exec. Nothing tells which they are. They are those of the two lowest free
 * descriptors through which a wake-up goes; whatever another thread may open there meanwhile is
 * only looked at. */
static void keep_pair(CURLM *multi, int reader, int writer) {
    char byte;
    bool idle = count_bytes(reader, FIONREAD) == 0 && count_bytes(writer, BYTES_ON_THEIR_WAY) == 0;
    if (!idle || curl_multi_wakeup(multi) != CURLM_OK)
        return;
    if (count_bytes(reader, FIONREAD) == 1 && count_bytes(writer, BYTES_ON_THEIR_WAY) > 0) {
        fcntl(reader, F_SETFD, FD_CLOEXEC);
        fcntl(writer, F_SETFD, FD_CLOEXEC);
        (void)recv(reader, &byte, sizeof byte, MSG_DONTWAIT);
    }
}

CURLM *multi_new(int open_descriptor) {
    int reader = fcntl(open_descriptor, F_DUPFD_CLOEXEC, 0);
    int writer = fcntl(open_descriptor, F_DUPFD_CLOEXEC, 0);
    if (reader >= 0)
        close(reader);
    if (writer >= 0)
        close(writer);
    CURLM *multi = curl_multi_init();
    if (multi && reader >= 0 && writer >= 0)
        keep_pair(multi, reader, writer);
    return multi;
}
