#define _GNU_SOURCE

#include "smbpipe/template.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rpc/win32_status.h"
#include "smb/frame.h"

/* It interrupts a wait for the module. */
static void on_worker_end(int signal_number) {
    (void)signal_number;
}

/* -1 when the module has hung up. */
static int next_socket(int module) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    for (;;) {
        char byte;
        int socket;
        struct iovec data = {&byte, sizeof byte};
        struct msghdr message = {
            .msg_iov = &data,
            .msg_iovlen = 1,
            .msg_control = control.bytes,
            .msg_controllen = sizeof control.bytes,
        };
        ssize_t got = recvmsg(module, &message, MSG_CMSG_CLOEXEC);
        bool interrupted = got < 0 && errno == EINTR;
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        if (interrupted)
            continue;
        if (got <= 0)
            return -1;
        const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        memcpy(&socket, CMSG_DATA(header), sizeof socket);
        return socket;
    }
}

/* There is no worker that could. */
static void say_failed(int socket, int error) {
    uint8_t frame[FRAME_HEADER_LENGTH + sizeof(struct frame_failure)];
    struct frame_failure failure = {.stage = STAGE_WORKER, .status = status_of_errno(error)};
    snprintf(failure.detail, sizeof failure.detail, "cannot start a worker: %s", strerror(error));
    size_t length = frame_write_failure(frame + FRAME_HEADER_LENGTH,
                                        sizeof frame - FRAME_HEADER_LENGTH, &failure);
    frame_write_header(frame, FRAME_FAILED, length);
    (void)send(socket, frame, FRAME_HEADER_LENGTH + length, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void end_with_workers(void) {
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        continue;
    _exit(EXIT_SUCCESS);
}

int template_become_worker(int module) {
    const struct sigaction action = {.sa_handler = on_worker_end};
    prctl(PR_SET_NAME, "smbtemplate");
    sigaction(SIGCHLD, &action, NULL);
    for (;;) {
        int socket = next_socket(module);
        if (socket < 0)
            end_with_workers();
        pid_t worker = fork();
        if (worker == 0) {
            close(module);
            signal(SIGCHLD, SIG_DFL);
            prctl(PR_SET_NAME, "smbpipe");
            return socket;
        }
        if (worker < 0)
            say_failed(socket, errno);
        close(socket);
    }
}
