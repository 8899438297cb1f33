#define _GNU_SOURCE

#include "workspace/http/multi_posix.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(__linux__)
#define BYTES_ON_THEIR_WAY TIOCOUTQ /* SIOCOUTQ is the same, but in a header of the kernel's */
#else
#include <sys/filio.h>
#define BYTES_ON_THEIR_WAY FIONWRITE
#endif

static bool is_socket(int descriptor) {
    int type;
    socklen_t size = sizeof type;
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

/* What a socket counts; -1 if the descriptor is no socket. A number that says what to count has
 * another type in each C library, a constant has any. */
static int bytes_to_read(int descriptor) {
    int bytes;
    return is_socket(descriptor) && ioctl(descriptor, FIONREAD, &bytes) == 0 ? bytes : -1;
}

static int bytes_on_their_way(int descriptor) {
    int bytes;
    return is_socket(descriptor) && ioctl(descriptor, BYTES_ON_THEIR_WAY, &bytes) == 0 ? bytes : -1;
}

/* libcurl keeps a pair of sockets with every multi handle, to be woken by, and before 8.12 it does
 * not close them at an exec. Nothing says which they are. They are those of the two lowest free
 * descriptors through which a wake-up goes; whatever another thread may open there meanwhile is
 * only looked at. */
static void keep_pair(CURLM *multi, int reader, int writer) {
    char byte;
    bool idle = bytes_to_read(reader) == 0 && bytes_on_their_way(writer) == 0;
    if (!idle || curl_multi_wakeup(multi) != CURLM_OK)
        return;
    if (bytes_to_read(reader) == 1 && bytes_on_their_way(writer) > 0) {
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
