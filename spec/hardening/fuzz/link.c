/* The module's side of a worker: everything that link_worker.c and worker_process_posix.c make of
 * what comes out of the socket. The first byte chooses the level, how the stream is cut, and a
 * mishap, or from STATUS_CALLS on a call that says nothing but a status; the rest is the stream.
 * Where the length is odd, the worker is a template's copy, which is pretended as the stream is.
 * The link answers each step at once, ends in a state that it should, and can be opened again. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "level.h"
#include "rpc/interfaces.h"
#include "rpc/srvsvc.h"
#include "rpc/wkssvc.h"
#include "smb/worker_process.h"

#define PLENTY 1000000

static bool no_memory, no_frame, no_stub;
static unsigned frames_left = PLENTY;
static int copy; /* the other end of the socket of the last one */

static uint8_t *make_frame(struct worker_process *worker, size_t limit) {
    no_frame = frames_left == 0;
    if (no_frame)
        return NULL;
    frames_left--;
    return worker_frame(worker, limit);
}

/* Gives the client a worker that is nobody: this process, which is not its own child. */
static int give_worker(struct worker_process *worker) {
    int sockets[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    CHECK(fcntl(sockets[0], F_SETFL, O_NONBLOCK) == 0);
    worker->descriptor = sockets[0];
    worker->process = getpid();
    worker->in = malloc(FRAME_HEADER_LENGTH + FRAME_PAYLOAD_LIMIT);
    CHECK(worker->in);
    return sockets[1];
}

static int start_worker(struct worker_process *worker, const char *program,
                        struct worker_template *template) {
    if (!template || template->is_broken)
        return worker_start(worker, program, template);
    CHECK(copy < 0); /* one that ends is not followed by another */
    copy = give_worker(worker);
    worker->is_copy = true;
    return 0;
}

#define malloc(size) (no_memory ? NULL : malloc(size))
#define calloc(count, size) (no_memory ? NULL : calloc(count, size))
#define worker_frame(worker, limit) make_frame(worker, limit)
#define worker_start(worker, program, template) start_worker(worker, program, template)
#include "smb/link_worker.c"

/* The last two are of wkssvc, whose pipe is opened over the logon for another. */
#define LEVELS 15
#define STATUS_CALLS 240
#define ANSWER_LIMIT 100000
#define FRAMES_OF_A_CALL 7
#define NO_PROGRAM "/nonexistent/smbpipe"
#define ENDS_AT_ONCE "/bin/true"

/* Under qemu-user a spawned process shares no memory with its parent, which so does not learn that
 * there is no such program. */
#ifdef UNDER_QEMU
#define CHECK_NOT_SPAWNED(holds) ((void)0)
#else
#define CHECK_NOT_SPAWNED(holds) CHECK(holds)
#endif

enum mishap { NONE, NO_TIME, NO_NAME, TOO_LONG };

static void check_failed(const struct link *link) {
    const struct link_failure *failure = &link->common.failure;
    CHECK(failure->stage && failure->name && failure->code != 0);
    CHECK(memchr(failure->message, 0, sizeof failure->message) && failure->message[0]);
}

static const struct status_call status_call = {.procedure = "NetrSessionDel",
                                               .groups = "any",
                                               .opnum = 13,
                                               .text_count = 2,
                                               .has_number = true};

/* NULL: the link makes an enumeration. */
static const struct status_request *status_request;

static void take(struct link *link) {
    struct link_page page;
    uint32_t status;
    bool taken = status_request ? link_take_status(link, &status) : link_take_page(link, &page);
    if (!taken)
        check_failed(link);
    else if (!status_request)
        link_free_page(&page);
}

/* Lets the worker log on, with the ticket that it sent before, if it did. */
static void log_on(struct link *link, const uint8_t *stream, size_t size) {
    struct frame_ticket ticket = link_ticket(link);
    struct frame sent;
    CHECK(ticket.length == 0 || memmem(stream, size, ticket.bytes, ticket.length));
    link_log_on(link, ticket, 0);
    if (link->common.state == LINK_FAILED)
        return;
    size_t length = FRAME_HEADER_LENGTH + ticket.length;
    CHECK(length <= link->worker.out_end);
    CHECK(frame_read(link->worker.out + link->worker.out_end - length, length, &sent) == length);
    CHECK(sent.kind == FRAME_GO_AHEAD && sent.length == ticket.length);
    CHECK(sent.length == 0 || memcmp(sent.payload, ticket.bytes, ticket.length) == 0);
}

/* What was sent from there on ends with the last fragment of a request. */
static void check_request(const struct link *link, size_t offset) {
    struct frame frame = {0};
    while (offset < link->worker.out_end)
        offset += frame_read(link->worker.out + offset, link->worker.out_end - offset, &frame);
    CHECK(frame.kind == FRAME_PDU && frame.payload[3] & DCERPC_LAST_FRAGMENT);
}

/* Does what the enumeration does after each step. False if this server is done with. */
static bool follow(struct link *link, const struct net_enum_request *request, const uint8_t *stream,
                   size_t size) {
    switch (link->common.state) {
    case LINK_READY: {
        no_memory = no_stub;
        size_t sent = link->worker.out_end;
        const struct rpc_interface *called =
            status_request ? &srvsvc : request->call->rpc_interface;
        bool is_open = link->rpc_interface == called;
        if (status_request)
            link_status_call(link, status_request, 0);
        else
            link_call(link, request, ANSWER_LIMIT, 0);
        no_memory = false;
        if (link->common.state == LINK_CALLING)
            check_request(link, sent);
        CHECK(link->common.state == LINK_FAILED ||
              (link->common.state == LINK_OPENING) == !is_open);
        CHECK(!no_stub || link->common.state != LINK_CALLING);
        return true;
    }
    case LINK_ASKING:
        log_on(link, stream, size);
        return true;
    case LINK_ANSWERED:
        CHECK(link->answer.length <= ANSWER_LIMIT);
        take(link);
        return link->common.state != LINK_FAILED;
    case LINK_FAILED:
        check_failed(link);
        return false;
    default:
        CHECK(link_is_busy(link));
        return true;
    }
}

/* What the client sends must be heard, or it would wait for room. */
static void hear(int worker) {
    uint8_t heard[65536];
    while (recv(worker, heard, sizeof heard, MSG_DONTWAIT) > 0)
        continue;
}

/* So much comes at once: `most`, but a worker that would log on waits until it may. */
static size_t next_piece(const uint8_t *data, size_t size, size_t most) {
    uint8_t logon[FRAME_HEADER_LENGTH + 1];
    frame_write_header(logon, FRAME_STAGE, 1);
    logon[FRAME_HEADER_LENGTH] = STAGE_LOGON;
    const uint8_t *found = memmem(data, size, logon, sizeof logon);
    size_t length = found ? (size_t)(found - data) + sizeof logon : size;
    return length < most ? length : most;
}

static void run(struct link *link, int worker, const struct net_enum_request *request,
                const uint8_t *data, size_t size, size_t most) {
    bool going = true;
    for (size_t offset = 0; going && offset < size;) {
        size_t piece = next_piece(data + offset, size - offset, most);
        ssize_t sent = send(worker, data + offset, piece, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0)
            offset += (size_t)sent;
        enum link_state before;
        do {
            before = link->common.state;
            CHECK(link_wait(&link, 1, link->common.poller, 0) == 0);
            CHECK(link_progress(link, &before, 0) == LINK_LOST);
            link_progress(link, link, 0);
            going = follow(link, request, data, size);
            hear(worker);
        } while (going && (link->ready || link->common.state != before));
    }
    shutdown(worker, SHUT_RDWR);
    while (going) {
        link->ready = true;
        link_progress(link, link, 0);
        going = follow(link, request, data, size);
    }
    CHECK(link->common.state == LINK_FAILED);
    CHECK(link->worker.descriptor >= 0 || link_ticket(link).length == 0);
}

static struct link *link_of(struct link_family *family, struct poller *poller) {
    struct link *link = link_new(family);
    CHECK(link);
    link_take(link, link, poller);
    return link;
}

/* What a stranger's stream has no part in. */
static void check_mishaps(struct poller *poller, struct frame_logon target) {
    struct link *link = link_of(NULL, poller);
    static char long_name[9000]; /* more than a logon may take */
    memset(long_name, 'x', sizeof long_name - 1);
    int worker = give_worker(&link->worker);
    target.password = long_name;
    link_open(link, NO_PROGRAM, &target, &srvsvc, 0);
    CHECK(link->common.state == LINK_FAILED && link->worker.descriptor < 0);
    close(worker);
    target.password = "p";
    worker = give_worker(&link->worker);
    link_open(link, NO_PROGRAM, &target, &srvsvc, 0);
    link_open(link, NO_PROGRAM, &target, &srvsvc, 0); /* nobody waits for the first any more */
    CHECK_NOT_SPAWNED(link->common.state == LINK_FAILED);
    close(worker);
    no_memory = true;
    CHECK(!link_new(NULL) && !link_family_new());
    link_open(link, NO_PROGRAM, &target, &srvsvc, 0);
    CHECK(link->common.failure.code == ERROR_NOT_ENOUGH_MEMORY);
    no_memory = false;
    worker = give_worker(&link->worker);
    link_open(link, NO_PROGRAM, &target, &srvsvc, 0);
    uint8_t early[FRAME_HEADER_LENGTH + 1] = {0}; /* an answer before there is a pipe */
    frame_write_header(early, FRAME_PDU, 1);
    CHECK(send(worker, early, sizeof early, MSG_NOSIGNAL) == sizeof early);
    CHECK(link_progress(link, link, 0) == LINK_FAILED);
    CHECK(link->common.failure.code == ERROR_INVALID_DATA);
    close(worker);
    CHECK(link_workers_of_use() >= 2);
    link_open(link, ENDS_AT_ONCE, &target, &srvsvc, 0);
    CHECK(link->common.state == LINK_STARTING);
    while (link_progress(link, link, 0) == LINK_STARTING) {
        int error = link_wait(&link, 1, poller, -1);
        CHECK(error == 0 || error == EINTR); /* by the fuzzer's own alarm */
    }
    CHECK(link->common.state == LINK_FAILED && link->worker.descriptor < 0);
    link_close(link);
    link_release(link);
}

/* A worker that runs already comes to the same end as one that was started. */
static void check_same_end(const struct link *started, struct link *link,
                           const struct frame_logon *target, const struct rpc_interface *opened,
                           const struct net_enum_request *request, const uint8_t *data, size_t size,
                           size_t most) {
    int worker = give_worker(&link->worker);
    link_open(link, NO_PROGRAM, target, opened, 0);
    run(link, worker, request, data, size, most);
    CHECK(link->common.failure.code == started->common.failure.code);
    CHECK(strcmp(link->common.failure.message, started->common.failure.message) == 0);
    link_close(link);
    link_release(link);
    close(worker);
}

/* There is memory for so many frames alone. */
static void run_with_frames(struct poller *poller, const struct frame_logon *target,
                            const struct net_enum_request *request, const uint8_t *data,
                            size_t size, unsigned frames) {
    struct link *link = link_of(NULL, poller);
    int worker = give_worker(&link->worker);
    frames_left = frames;
    no_frame = false;
    link_open(link, NO_PROGRAM, target, &srvsvc, 0);
    CHECK(no_frame == (frames == 0));
    if (!no_frame)
        run(link, worker, request, data, size, size);
    if (no_frame)
        CHECK(link->common.failure.code == ERROR_NOT_ENOUGH_MEMORY &&
              link->common.state == LINK_FAILED && link->worker.descriptor < 0 && !link->logon);
    frames_left = PLENTY;
    link_close(link);
    link_release(link);
    close(worker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    struct poller poller;
    struct link_family *family = size % 2 ? link_family_new() : NULL;
    CHECK(poller_open(&poller) == 0);
    struct link *link = link_of(family, &poller);
    enum mishap mishap = (enum mishap)(data[0] / (4 * LEVELS) % 4);
    struct frame_logon target = {.host = "fs1", .username = "u", .domain = "", .password = "p"};
    target.timeout_milliseconds = mishap == NO_TIME ? 0 : 60000;
    const struct net_enum_call *call;
    const struct net_enum_level *level = level_choose(data[0] % LEVELS, &call);
    struct net_enum_request request = {.call = call, .level = level, .server_name = {"\\\\fs1", 5}};
    if (call->filter_count > 0)
        request.filters[0] = (struct net_enum_text){mishap == NO_NAME ? "\xFF" : "projects", 1};
    const char *user = data[0] % 2 ? "\xFF" : "alice";
    const struct status_request of_status = {
        &status_call, {"\\\\fs1", 5}, {{"\\\\ws", 4}, {user, strlen(user)}}, 7};
    status_request = data[0] >= STATUS_CALLS ? &of_status : NULL;
    const struct rpc_interface *opened = status_request && data[0] & 2 ? &wkssvc : &srvsvc;
    static const size_t pieces[] = {60000, 1000, 100, 9};
    size_t most = pieces[data[0] / LEVELS % 4];
    if (mishap == TOO_LONG) {
        check_mishaps(&poller, target);
        for (unsigned frames = 0; frames < FRAMES_OF_A_CALL; frames++)
            run_with_frames(&poller, &target, &request, data + 1, size - 1, frames);
        no_stub = true;
        run_with_frames(&poller, &target, &request, data + 1, size - 1, PLENTY);
        no_stub = false;
    }
    int worker = family ? -1 : give_worker(&link->worker);
    copy = -1;
    link_open(link, NO_PROGRAM, &target, opened, 0);
    if (family) {
        CHECK(link->common.state == LINK_STARTING && link->logon);
        worker = copy;
    }
    run(link, worker, &request, data + 1, size - 1, most);
    struct frame first;
    size_t length = frame_read(data + 1, size - 1, &first);
    if (family) /* one that has ended without a word has not become a worker */
        CHECK(family->template.is_broken == (length == 0 || length == SIZE_MAX));
    if (family && mishap != NO_TIME)
        check_same_end(link, link_of(NULL, &poller), &target, opened, &request, data + 1, size - 1,
                       most);
    if (link->worker.descriptor >= 0) {
        link_open(link, NO_PROGRAM, &target, &srvsvc, 0);
        CHECK(link_ticket(link).length == 0);
    } else {
        if (family)
            family->template.is_broken = true;
        link_open(link, NO_PROGRAM, &target, &srvsvc, 0);
        CHECK_NOT_SPAWNED(link->common.state == LINK_FAILED &&
                          link->common.failure.code == status_of_errno(2));
    }
    link_close(link);
    link_close(link);
    CHECK(link->worker.descriptor == -1 && !link->worker.in && !link->answer.stub);
    CHECK(link_ticket(link).length == 0 && !link->logon);
    link_release(link);
    link_family_free(family);
    poller_close(&poller);
    close(worker);
    return 0;
}
