/* smbpipe, the worker program: libsmbclient carries one pipe of one server at a time
 * between that server and the descriptor it was started with. What comes and goes there stands in
 * frame.h; what is in the PDUs is none of its business, but for where one ends. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "rpc/dcerpc.h"
#include "rpc/win32_status.h"
#include "smb/frame.h"
#include "smb/worker_spawn.h"
#include "smbpipe/carrier.h"
#include "smbpipe/descriptors.h"
#include "smbpipe/identity.h"
#include "smbpipe/interpose_logon.h"
#include "smbpipe/interpose_ticket.h"
#include "smbpipe/signatures.h"
#include "smbpipe/template.h"

static int module = STDIN_FILENO;

static bool read_fully(uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t got = read(module, bytes, length);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return false;
        if (got > 0) {
            bytes += got;
            length -= (size_t)got;
        }
    }
    return true;
}

/* `frame` has its payload in place, behind room for the header. */
static void send_frame(uint8_t *frame, uint8_t kind, size_t payload_length) {
    frame_write_header(frame, kind, payload_length);
    size_t length = FRAME_HEADER_LENGTH + payload_length;
    while (length > 0) {
        ssize_t sent = write(module, frame, length);
        if (sent < 0 && errno != EINTR)
            _exit(EXIT_SUCCESS); /* nobody is listening any more */
        if (sent > 0) {
            frame += sent;
            length -= (size_t)sent;
        }
    }
}

static void send_failure(const struct frame_failure *failure) {
    uint8_t frame[FRAME_HEADER_LENGTH + sizeof *failure];
    send_frame(frame, FRAME_FAILED,
               frame_write_failure(frame + FRAME_HEADER_LENGTH, sizeof *failure, failure));
}

static void send_stage(enum frame_stage stage) {
    uint8_t frame[FRAME_HEADER_LENGTH + 1];
    frame[FRAME_HEADER_LENGTH] = (uint8_t)stage;
    send_frame(frame, FRAME_STAGE, 1);
}

/* Reads one into `bytes`, which have room for the longest. */
static bool read_frame(uint8_t *bytes, struct frame *frame) {
    if (!read_fully(bytes, FRAME_HEADER_LENGTH))
        return false;
    size_t length = frame_payload_length(bytes);
    return length <= FRAME_PAYLOAD_LIMIT && read_fully(bytes + FRAME_HEADER_LENGTH, length) &&
           frame_read(bytes, FRAME_HEADER_LENGTH + length, frame) != SIZE_MAX;
}

/* The module says when, so that one wrong password is not tried at many servers. */
static void wait_for_turn(void) {
    static uint8_t bytes[FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT];
    struct frame frame;
    send_stage(STAGE_LOGON);
    if (!read_frame(bytes, &frame) || frame.kind != FRAME_GO_AHEAD)
        _exit(EXIT_SUCCESS);
    ticket_offer(frame.payload, frame.length);
    explicit_bzero(bytes, FRAME_HEADER_LENGTH + frame.length);
}

static void send_ticket(const uint8_t *bytes, size_t length) {
    static uint8_t frame[FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT];
    memcpy(frame + FRAME_HEADER_LENGTH, bytes, length);
    send_frame(frame, FRAME_TICKET, length);
    explicit_bzero(frame, FRAME_HEADER_LENGTH + length);
}

/* Sends one PDU to the server and, if the request ends with it, the PDUs of the answer to the
 * module. Of an answer only what it announces is asked for: libsmbclient would wait for more. A
 * header that makes no sense goes to the module as it is, which says what is wrong with it. */
static bool exchange(struct carrier *carrier, const struct frame *request,
                     struct frame_failure *failure) {
    static uint8_t frame[FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT];
    uint8_t *pdu = frame + FRAME_HEADER_LENGTH;
    struct dcerpc_header header;
    if (dcerpc_read_header(request->payload, request->length, &header))
        _exit(EXIT_FAILURE);
    if (!carrier_write(carrier, request->payload, request->length, failure))
        return false;
    bool more = header.flags & DCERPC_LAST_FRAGMENT;
    while (more) {
        if (!carrier_read(carrier, pdu, DCERPC_HEADER_LENGTH, failure))
            return false;
        size_t length = DCERPC_HEADER_LENGTH;
        if (dcerpc_read_header(pdu, length, &header)) {
            more = false;
        } else {
            length = header.fragment_length;
            more = !(header.flags & DCERPC_LAST_FRAGMENT);
        }
        if (!carrier_read(carrier, pdu + DCERPC_HEADER_LENGTH, length - DCERPC_HEADER_LENGTH,
                          failure))
            return false;
        send_frame(frame, FRAME_PDU, length);
    }
    return true;
}

static void serve(struct carrier *carrier, const struct frame *request) {
    struct frame_logon logon;
    struct frame_failure failure;
    const char *pipe;
    uint8_t frame[FRAME_HEADER_LENGTH];
    switch (request->kind) {
    case FRAME_LOGON:
        if (!frame_read_logon(request, &logon))
            _exit(EXIT_FAILURE);
        if (!identity_is_same(&logon)) {
            carrier_close(carrier);
            _exit(EXIT_SUCCESS); /* the module has another worker do it */
        }
        if (carrier_open(carrier, &logon, send_stage, &failure))
            send_frame(frame, FRAME_OPEN, 0);
        else
            send_failure(&failure);
        break;
    case FRAME_PIPE:
        if (!frame_read_pipe(request, &pipe))
            _exit(EXIT_FAILURE);
        if (carrier_open_pipe(carrier, pipe, &failure))
            send_frame(frame, FRAME_OPEN, 0);
        else
            send_failure(&failure);
        break;
    case FRAME_PDU:
        if (!exchange(carrier, request, &failure))
            send_failure(&failure);
        break;
    default:
        _exit(EXIT_FAILURE);
    }
}

/* libsmbclient may block for long. When the module hangs up, however it ended, this is over. */
static void on_module_signal(int signal_number) {
    (void)signal_number;
    struct pollfd descriptor = {module, 0, 0};
    if (poll(&descriptor, 1, 0) > 0 && descriptor.revents & (POLLHUP | POLLERR))
        _exit(EXIT_SUCCESS);
}

static void die_with_the_module(void) {
    struct sigaction action = {.sa_handler = on_module_signal, .sa_flags = SA_RESTART};
    sigaction(SIGIO, &action, NULL);
    fcntl(module, F_SETOWN, getpid());
    fcntl(module, F_SETFL, fcntl(module, F_GETFL) | O_ASYNC);
}

/* The library prints to stdout before it can be stopped from it, so the module's descriptor moves
 * out of its way. Passwords pass through here: no core file, no debugger. */
static bool lock_down(void) {
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    module = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (module < 0 || null < 0)
        return false;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    signal(SIGPIPE, SIG_IGN);
    return true;
}

/*     smbpipe [check|template]
 *
 * `check` is for the build. A template becomes a worker for each socket that it is given. */
int main(int argc, char **argv) {
    static uint8_t bytes[FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT];
    if (argc > 1 && strcmp(argv[1], "check") == 0)
        return signatures_check() ? EXIT_SUCCESS : EXIT_FAILURE;
    descriptors_close_inherited();
    bool is_template = argc > 1 && strcmp(argv[1], WORKER_TEMPLATE) == 0;
    if (!lock_down())
        return EXIT_FAILURE;
    interpose_logon(wait_for_turn);
    interpose_ticket(send_ticket);
    /* Not freed, since the library forgets some of its own then; to the end it is within reach. */
    static struct carrier *carrier;
    carrier = carrier_new();
    if (!carrier)
        return EXIT_FAILURE;
    if (is_template)
        module = template_become_worker(module);
    die_with_the_module();
    struct frame frame;
    while (read_frame(bytes, &frame)) {
        serve(carrier, &frame);
        explicit_bzero(bytes, FRAME_HEADER_LENGTH + frame.length);
    }
    carrier_close(carrier);
    return EXIT_SUCCESS;
}
