#define _GNU_SOURCE

#include "smb/worker_template.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "smb/worker_spawn.h"

/* For so long workers without a socket may need to end. */
#define ENDING_MILLISECONDS 2000

static bool start(struct worker_template *template, const char *program) {
    int sockets[2];
    if (worker_open_sockets(sockets) != 0)
        return false;
    bool started = worker_spawn(&template->process, program, sockets[1], true) == 0;
    close(sockets[1]);
    if (started)
        template->descriptor = sockets[0];
    else
        close(sockets[0]);
    return started;
}

/* False where it is gone, or has not come to so many yet that there is no room for another. */
static bool hand_over(const struct worker_template *template, int socket) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof socket)];
    } control;
    char byte = 0;
    struct iovec data = {&byte, sizeof byte};
    struct msghdr message = {
        .msg_iov = &data,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    memset(&control, 0, sizeof control);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof socket);
    memcpy(CMSG_DATA(&control.header), &socket, sizeof socket);
    ssize_t sent;
    do
        sent = sendmsg(template->descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == sizeof byte;
}

bool worker_template_copy(struct worker_template *template, const char *program, int socket) {
    if (template->is_broken)
        return false;
    if (!template->is_wanted) {
        template->is_wanted = true;
        return false;
    }
    if (template->descriptor < 0)
        template->is_broken = !start(template, program);
    return !template->is_broken && hand_over(template, socket);
}

/* Returns when nobody has the other end of its socket any more, or later than it should be so. */
static void wait_for_end(int descriptor) {
    int64_t until = clock_now() + ENDING_MILLISECONDS;
    struct pollfd other = {descriptor, POLLIN, 0};
    for (;;) {
        int64_t rest = until - clock_now();
        int ready = poll(&other, 1, rest > 0 ? (int)rest : 0);
        if (ready >= 0 || errno != EINTR)
            return;
    }
}

/* The group's number is certainly its own while its first process has not been waited for. A host
 * that reaps every child may have done that. */
static void end_group(pid_t process) {
    siginfo_t ended;
    if (waitid(P_PID, (id_t)process, &ended, WEXITED | WNOHANG | WNOWAIT) != 0)
        return;
    kill(-process, SIGKILL);
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void worker_template_stop(struct worker_template *template) {
    if (template->descriptor >= 0) {
        shutdown(template->descriptor, SHUT_WR);
        wait_for_end(template->descriptor);
        close(template->descriptor);
        end_group(template->process);
    }
    *template = (struct worker_template)WORKER_TEMPLATE_NONE;
}
