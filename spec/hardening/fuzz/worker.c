/* The worker's side: smbpipe's main program, with a pretended server in libsmbclient's place. The
 * first three bytes tell how many of the rest come from the module, the fourth a mishap; the server
 * says what follows.
 * Whatever either says, the worker answers in frames that the module understands, or ends. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../../csrc/smbpipe/carrier.h"
#include "../../../csrc/smbpipe/descriptors.h"
#include "../../../csrc/smbpipe/identity.h"
#include "../../../csrc/smbpipe/interpose_logon.h"
#include "../../../csrc/smbpipe/interpose_ticket.h"
#include "../../../csrc/smbpipe/signatures.h"
#include "../../../csrc/smbpipe/template.h"
#include "check.h"
#include "rpc/dcerpc.h"
#include "rpc/ndr.h"
#include "rpc/win32_status.h"

struct stream {
    const uint8_t *bytes;
    size_t left;
};

static struct stream module_says, server_says;
static jmp_buf left;
static enum { NONE, NOBODY_LISTENS, NO_DESCRIPTOR, NO_CARRIER, HUNG_UP, TEMPLATE, CHECKED } mishap;
static bool is_open;
static int identity; /* -1: none yet */
static uint8_t ticket[FRAME_PAYLOAD_LIMIT];
static size_t ticket_length;
static uint8_t written[2 * (FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT)];
static size_t written_length;

static size_t take(struct stream *stream, void *to, size_t length) {
    size_t taken = length < stream->left ? length : stream->left;
    if (taken > 0)
        memcpy(to, stream->bytes, taken);
    stream->bytes += taken;
    stream->left -= taken;
    return taken;
}

static void check_frame(const struct frame *frame) {
    struct frame_failure failure;
    switch (frame->kind) {
    case FRAME_OPEN:
        CHECK(frame->length == 0 && is_open);
        break;
    case FRAME_STAGE:
        CHECK(frame->length == 1 && frame->payload[0] < STAGE_COUNT);
        break;
    case FRAME_TICKET:
        CHECK(frame->length > 0 && frame->length == ticket_length);
        CHECK(memcmp(frame->payload, ticket, ticket_length) == 0);
        break;
    case FRAME_FAILED:
        CHECK(frame_read_failure(frame, &failure));
        break;
    default:
        CHECK(frame->kind == FRAME_PDU && is_open);
        CHECK(frame->length >= DCERPC_HEADER_LENGTH);
    }
}

/* What the program calls instead of the system. */

/* A template hears of its workers at the first, and a worker that it becomes of the module at its
 * own. */
#define FIRST 3
#define OWN 5

static bool is_of_module(int descriptor) {
    return descriptor == (mishap == TEMPLATE ? OWN : FIRST);
}

static ssize_t from_module(int descriptor, void *bytes, size_t length) {
    CHECK(is_of_module(descriptor));
    /* In pieces, as a socket may give them. */
    return (ssize_t)take(&module_says, bytes, length > 3 ? length / 2 : length);
}

static ssize_t to_module(int descriptor, const void *bytes, size_t length) {
    CHECK(is_of_module(descriptor));
    if (mishap == NOBODY_LISTENS) {
        errno = EPIPE;
        return -1;
    }
    CHECK(written_length + length <= sizeof written);
    memcpy(written + written_length, bytes, length);
    written_length += length;
    struct frame frame;
    size_t whole = frame_read(written, written_length, &frame);
    CHECK(whole != SIZE_MAX);
    if (whole > 0) {
        CHECK(whole == written_length);
        check_frame(&frame);
        written_length = 0;
    }
    return (ssize_t)length;
}

__attribute__((noreturn)) static void leave(int status) {
    longjmp(left, status == 0 ? 1 : 2);
}

struct carrier *carrier_new(void) {
    static char somewhere;
    is_open = false;
    return mishap == NO_CARRIER ? NULL : (struct carrier *)&somewhere;
}

void carrier_close(struct carrier *carrier) {
    CHECK(carrier == carrier_new());
}

static bool fail(struct frame_failure *failure, enum frame_stage stage) {
    *failure = (struct frame_failure){
        .stage = stage, .status = ERROR_NETNAME_DELETED, .detail = "the server says no"};
    is_open = false;
    return false;
}

static void (*before_logon)(void);

void interpose_logon(void (*before)(void)) {
    before_logon = before;
}

static void (*got_ticket)(const uint8_t *bytes, size_t length);

void interpose_ticket(void (*got)(const uint8_t *bytes, size_t length)) {
    got_ticket = got;
}

void ticket_offer(const uint8_t *bytes, size_t length) {
    CHECK(length <= sizeof ticket);
    memcpy(ticket, bytes, length);
    ticket_length = length;
}

bool carrier_open(struct carrier *carrier, const struct frame_logon *target,
                  void (*at_stage)(enum frame_stage stage), struct frame_failure *failure) {
    (void)carrier;
    CHECK(strlen(target->host) + strlen(target->pipe) + strlen(target->username) +
              strlen(target->domain) + strlen(target->password) + strlen(target->ticket_cache) <
          FRAME_PAYLOAD_LIMIT);
    at_stage(STAGE_RESOLVE);
    before_logon();
    if (ticket_length > 0)
        got_ticket(ticket, ticket_length);
    is_open = strcmp(target->host, "nowhere") != 0;
    return is_open || fail(failure, STAGE_CONNECT);
}

bool carrier_open_pipe(struct carrier *carrier, const char *name, struct frame_failure *failure) {
    (void)carrier;
    CHECK(name[0] && strlen(name) <= FRAME_PIPE_LIMIT && !strpbrk(name, "/%?:@"));
    is_open = is_open && strcmp(name, "nothing") != 0;
    return is_open || fail(failure, STAGE_PIPE);
}

bool carrier_write(struct carrier *carrier, const uint8_t *bytes, size_t length,
                   struct frame_failure *failure) {
    static uint8_t space[FRAME_PAYLOAD_LIMIT];
    (void)carrier;
    CHECK(length <= sizeof space);
    memcpy(space, bytes, length);
    return is_open || fail(failure, STAGE_WORKER);
}

bool carrier_read(struct carrier *carrier, uint8_t *bytes, size_t length,
                  struct frame_failure *failure) {
    (void)carrier;
    return take(&server_says, bytes, length) == length || fail(failure, STAGE_CALL);
}

/* The fuzzer's own stay open. */
void descriptors_close_inherited(void) {
}

/* An identity is its user's name here. Where another one comes, the process ends. */
bool identity_is_same(const struct frame_logon *target) {
    int other = (unsigned char)target->username[0];
    if (identity < 0)
        identity = other;
    return identity == other;
}

int template_become_worker(int descriptor) {
    CHECK(mishap == TEMPLATE && descriptor == FIRST);
    return OWN;
}

bool signatures_check(void) {
    return true;
}

static int look(struct pollfd *descriptor) {
    descriptor->revents = mishap == HUNG_UP ? POLLHUP : 0;
    return mishap == HUNG_UP;
}

#define main smbpipe_main
#define poll(descriptors, count, timeout) look(descriptors)
#define read(descriptor, bytes, length) from_module(descriptor, bytes, length)
#define write(descriptor, bytes, length) to_module(descriptor, bytes, length)
#define _exit leave
#define fcntl(descriptor, ...) FIRST
#define open(...) (mishap == NO_DESCRIPTOR ? -1 : 4)
#define dup2(from, to) ((void)(to))
#define signal(number, handler) ((void)0)
#define sigaction(number, action, before) ((void)(action))
#define setrlimit(resource, limit) ((void)(limit))
#define prctl(...) ((void)0)
#define close(descriptor) ((void)(descriptor))
#include "../../../csrc/smbpipe/main.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4)
        return 0;
    size_t said = ndr_uint32_at(data) & 0xFFFFFF;
    mishap = data[3] <= CHECKED ? data[3] : NONE;
    if (said > size - 4)
        said = size - 4;
    uint8_t *copy = check_copy(data + 4, said);
    module_says = (struct stream){copy, said};
    server_says = (struct stream){data + 4 + said, size - 4 - said};
    written_length = 0;
    identity = -1;
    ticket_length = 0;
    char name[] = "smbpipe";
    char template[] = WORKER_TEMPLATE;
    char check[] = "check";
    char *arguments[] = {name, NULL, NULL};
    if (mishap == TEMPLATE)
        arguments[1] = template;
    else if (mishap == CHECKED)
        arguments[1] = check;
    if (setjmp(left) == 0) {
        on_module_signal(SIGIO);
        smbpipe_main(arguments[1] ? 2 : 1, arguments);
    }
    CHECK(mishap != CHECKED || module_says.left == said);
    CHECK(written_length == 0);
    free(copy);
    return 0;
}
