/* A link whose other end is a worker process: starts it, sends what is asked, reads what it says,
 * and ends it. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "rpc/srvsvc.h"
#include "rpc/win32_status.h"
#include "smb/kept_ticket.h"
#include "smb/link_common.h"
#include "smb/worker_process.h"

#define LOGON_LIMIT ((size_t)2 * 4096 + 16)

/* A worker that has said nothing for so long does not run. */
#define START_MILLISECONDS 30000

/* Of servers that answer at once, more workers take longer: a thousand of them at 256 took a third
 * longer than at 16. */
#define WORKERS_A_PROCESSOR 8

struct link_family {
    struct worker_template template;
};

struct link {
    struct link_common common;
    struct link_family *family; /* may be NULL */
    struct worker_process worker;
    bool watched;     /* its socket is in the owner's poller */
    bool watched_out; /* also for room to send */
    bool ready;       /* the poller says that something has happened */
    uint8_t *logon;   /* what a worker was sent that another may have to do, until it has begun */
    size_t logon_length;
    struct kept_ticket ticket; /* that the logon has got */
    char *program;
    const struct rpc_interface *rpc_interface; /* whose pipe is open, or is being opened */
    struct dcerpc_answer answer;
    uint32_t call_id;
    uint16_t fragment_limit;
};

struct link_family *link_family_new(void) {
    struct link_family *family = malloc(sizeof *family);
    if (family)
        family->template = (struct worker_template)WORKER_TEMPLATE_NONE;
    return family;
}

void link_family_free(struct link_family *family) {
    if (family)
        worker_template_stop(&family->template);
    free(family);
}

struct link *link_new(struct link_family *family) {
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return NULL;
    link->family = family;
    link->common.references = 1;
    link->worker = (struct worker_process)WORKER_NONE;
    return link;
}

void link_free(struct link *link) {
    free(link->program);
    free(link);
}

static void forget_logon(struct link *link) {
    if (!link->logon)
        return;
    wipe(link->logon, link->logon_length);
    free(link->logon);
    link->logon = NULL;
}

static void unwatch(struct link *link) {
    if (link->watched)
        poller_set(link->common.poller, link->worker.descriptor, 0, NULL);
    link->watched = link->watched_out = false;
}

/* The owner's poller waits for the worker while something is under way, and not else: what nobody
 * reads would be ready for ever. */
void link_watch(struct link *link) {
    bool out = worker_has_output(&link->worker);
    if (!link_is_busy(link) || link->worker.descriptor < 0) {
        unwatch(link);
        return;
    }
    if (link->watched && link->watched_out == out)
        return;
    link->watched = poller_set(link->common.poller, link->worker.descriptor,
                               out ? POLLER_READ | POLLER_WRITE : POLLER_READ, link) == 0;
    link->watched_out = out;
}

static void stop_worker(struct link *link) {
    unwatch(link);
    worker_stop(&link->worker);
    dcerpc_free_answer(&link->answer);
}

void link_end(struct link *link) {
    stop_worker(link);
    forget_logon(link);
    kept_ticket_forget(&link->ticket);
    link->common.state = LINK_CLOSED;
}

/* A worker that is in the middle of something is of no use to the next server. */
static void fail(struct link *link, enum frame_stage stage, uint32_t status, const char *detail) {
    link_end(link);
    link_set_failed(link, stage, status, detail);
}

bool link_is_warm(const struct link *link) {
    return link->worker.descriptor >= 0;
}

size_t link_workers_of_use(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return WORKERS_A_PROCESSOR * (processors > 0 ? (size_t)processors : 1);
}

/* Room for the payload of the next frame; NULL without memory, and the link has failed then. */
static uint8_t *begin_frame(struct link *link, size_t payload_limit, enum frame_stage stage) {
    uint8_t *payload = worker_frame(&link->worker, payload_limit);
    if (!payload)
        fail(link, stage, ERROR_NOT_ENOUGH_MEMORY, "");
    return payload;
}

/* Starts a worker if none runs, and sends it what it is to open. */
static void send_logon(struct link *link, int64_t now) {
    bool starts = !link_is_warm(link);
    link_start_step(link, LINK_OPENING, STAGE_WORKER, now);
    if (starts) {
        int error = worker_start(&link->worker, link->program,
                                 link->family ? &link->family->template : NULL);
        if (error) {
            char detail[256];
            snprintf(detail, sizeof detail, "cannot start %s: %s", link->program, strerror(error));
            fail(link, STAGE_WORKER, status_of_errno(error), detail);
            return;
        }
        link->common.state = LINK_STARTING;
        link->common.deadline = now + START_MILLISECONDS;
    }
    uint8_t *payload = begin_frame(link, link->logon_length, STAGE_WORKER);
    if (!payload)
        return;
    memcpy(payload, link->logon, link->logon_length);
    worker_send(&link->worker, FRAME_LOGON, link->logon_length);
    if (starts && !link->worker.is_copy)
        forget_logon(link);
    link->ready = true;
    link_watch(link);
}

static bool keep_program(struct link *link, const char *program) {
    if (link->program && strcmp(link->program, program) == 0)
        return true;
    free(link->program);
    link->program = strdup(program);
    return link->program != NULL;
}

void link_open(struct link *link, const char *program, const struct frame_logon *logon,
               const struct rpc_interface *rpc_interface, int64_t now) {
    if (link_is_busy(link))
        link_end(link);
    dcerpc_free_answer(&link->answer);
    forget_logon(link);
    kept_ticket_forget(&link->ticket);
    link->common.timeout_milliseconds = logon->timeout_milliseconds;
    link->call_id = 0;
    link->fragment_limit = DCERPC_FRAGMENT_LIMIT;
    link->logon = malloc(LOGON_LIMIT);
    if (!link->logon || !keep_program(link, program)) {
        fail(link, STAGE_WORKER, ERROR_NOT_ENOUGH_MEMORY, "");
        return;
    }
    struct frame_logon to_pipe = *logon;
    to_pipe.pipe = rpc_interface->pipe;
    link->rpc_interface = rpc_interface;
    link->logon_length = frame_write_logon(link->logon, LOGON_LIMIT, &to_pipe);
    if (link->logon_length == 0)
        fail(link, STAGE_WORKER, ERROR_INVALID_PARAMETER, "names and password are too long");
    else
        send_logon(link, now);
}

void link_log_on(struct link *link, struct frame_ticket ticket, int64_t now) {
    link_start_step(link, LINK_OPENING, STAGE_LOGON, now);
    uint8_t *payload = begin_frame(link, ticket.length, STAGE_LOGON);
    if (!payload)
        return;
    if (ticket.length > 0)
        memcpy(payload, ticket.bytes, ticket.length);
    worker_send(&link->worker, FRAME_GO_AHEAD, ticket.length);
    link->ready = true;
    link_watch(link);
}

struct frame_ticket link_ticket(const struct link *link) {
    return (struct frame_ticket){link->ticket.bytes, link->ticket.length};
}

static void bind_interface(struct link *link) {
    uint8_t *pdu = begin_frame(link, DCERPC_BIND_LENGTH, STAGE_PIPE);
    if (!pdu)
        return;
    dcerpc_write_bind(pdu, ++link->call_id, &link->rpc_interface->syntax);
    worker_send(&link->worker, FRAME_PDU, DCERPC_BIND_LENGTH);
    link->common.state = LINK_BINDING;
    link->common.stage = STAGE_PIPE;
}

static void send_request(struct link *link, uint16_t opnum, const uint8_t *stub,
                         size_t stub_length) {
    for (size_t offset = 0; offset < stub_length;) {
        uint8_t *pdu = begin_frame(link, link->fragment_limit, STAGE_CALL);
        size_t length;
        if (!pdu)
            return;
        offset += dcerpc_write_request(pdu, link->fragment_limit, link->call_id, opnum, stub,
                                       stub_length, offset, &length);
        worker_send(&link->worker, FRAME_PDU, length);
    }
    link->ready = true;
    link_watch(link);
}

/* Over the same logon. */
static void open_pipe(struct link *link, const struct rpc_interface *rpc_interface, int64_t now) {
    link_start_step(link, LINK_OPENING, STAGE_PIPE, now);
    uint8_t *payload = begin_frame(link, FRAME_PIPE_LIMIT + 1, STAGE_PIPE);
    if (!payload)
        return;
    link->rpc_interface = rpc_interface;
    link->fragment_limit = DCERPC_FRAGMENT_LIMIT;
    worker_send(&link->worker, FRAME_PIPE,
                frame_write_pipe(payload, FRAME_PIPE_LIMIT + 1, rpc_interface->pipe));
    link->ready = true;
    link_watch(link);
}

/* Room for a request of `length` bytes, 0 if it cannot be written; NULL without, and the link has
 * failed then. To be freed. */
static uint8_t *begin_call(struct link *link, const char *procedure, size_t length,
                           size_t answer_limit, int64_t now) {
    link->common.procedure = procedure;
    link_start_step(link, LINK_CALLING, STAGE_CALL, now);
    dcerpc_start_answer(&link->answer, ++link->call_id, answer_limit);
    uint8_t *stub = length ? malloc(length) : NULL;
    if (!stub)
        fail(link, STAGE_CALL, length ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER,
             length ? "" : "a name that is too long or is not UTF-8");
    return stub;
}

void link_call(struct link *link, const struct net_enum_request *request, size_t answer_limit,
               int64_t now) {
    if (link->rpc_interface != request->call->rpc_interface) {
        open_pipe(link, request->call->rpc_interface, now);
        return;
    }
    link->common.level = request->level;
    size_t length = net_enum_write_request(request, NULL, 0);
    uint8_t *stub = begin_call(link, request->call->procedure, length, answer_limit, now);
    if (!stub)
        return;
    net_enum_write_request(request, stub, length);
    send_request(link, request->call->opnum, stub, length);
    free(stub);
}

void link_status_call(struct link *link, const struct status_request *request, int64_t now) {
    if (link->rpc_interface != &srvsvc) {
        open_pipe(link, &srvsvc, now);
        return;
    }
    size_t length = status_call_write(request, NULL, 0);
    uint8_t *stub =
        begin_call(link, request->call->procedure, length, STATUS_CALL_ANSWER_LIMIT, now);
    if (!stub)
        return;
    status_call_write(request, stub, length);
    send_request(link, request->call->opnum, stub, length);
    free(stub);
}

static void take_fault(struct link *link) {
    uint32_t fault = link->answer.fault;
    const char *name = dcerpc_fault_name(fault);
    if (fault == ERROR_ACCESS_DENIED) {
        fail(link, STAGE_CALL, fault, "RPC fault");
        return;
    }
    fail(link, STAGE_CALL, RPC_S_PROTOCOL_ERROR, "");
    link->common.failure.code = fault;
    link->common.failure.name = name ? name : "RPC fault";
    snprintf(link->common.failure.message, sizeof link->common.failure.message,
             "%s: the server's RPC answered with fault 0x%08" PRIx32, link->common.procedure,
             fault);
}

static void take_pdu(struct link *link, const struct frame *frame) {
    const char *problem;
    if (link->common.state == LINK_BINDING) {
        problem = dcerpc_read_bind_ack(frame->payload, frame->length, link->call_id,
                                       &link->fragment_limit);
        if (problem)
            fail(link, STAGE_PIPE, RPC_S_PROTOCOL_ERROR, problem);
        else
            link->common.state = LINK_READY;
        return;
    }
    problem = dcerpc_add_fragment(&link->answer, frame->payload, frame->length);
    if (problem)
        fail(link, STAGE_CALL,
             problem == dcerpc_no_memory ? ERROR_NOT_ENOUGH_MEMORY : RPC_S_PROTOCOL_ERROR, problem);
    else if (link->answer.fault)
        take_fault(link);
    else if (link->answer.complete)
        link->common.state = LINK_ANSWERED;
}

/* The worker closed the pipe, but can open another. */
static void take_failure(struct link *link, const struct frame *frame) {
    struct frame_failure failure;
    if (!frame_read_failure(frame, &failure)) {
        fail(link, STAGE_WORKER, ERROR_INVALID_DATA, "");
        return;
    }
    dcerpc_free_answer(&link->answer);
    link_set_failed(link, failure.stage, failure.status, failure.detail);
    link->common.failure.refused = failure.refused;
}

/* The first frame of a worker: from now on the time is the server's. */
static void take_sign_of_life(struct link *link, int64_t now) {
    forget_logon(link);
    if (link->common.state == LINK_STARTING)
        link_start_step(link, LINK_OPENING, STAGE_WORKER, now);
}

/* A worker that is about to log on waits until it may, which is no time of the server's. */
static void take_stage(struct link *link, enum frame_stage stage) {
    link->common.stage = stage;
    if (stage != STAGE_LOGON)
        return;
    link->common.state = LINK_ASKING;
    link->common.deadline = INT64_MAX;
}

static void take_frame(struct link *link, const struct frame *frame, int64_t now) {
    take_sign_of_life(link, now);
    bool opening = link->common.state == LINK_OPENING;
    if (frame->kind == FRAME_FAILED)
        take_failure(link, frame);
    else if (frame->kind == FRAME_STAGE && opening && frame->length == 1 &&
             frame->payload[0] < STAGE_COUNT)
        take_stage(link, (enum frame_stage)frame->payload[0]);
    else if (frame->kind == FRAME_TICKET && opening)
        kept_ticket_set(&link->ticket, (struct frame_ticket){frame->payload, frame->length});
    else if (frame->kind == FRAME_OPEN && opening)
        bind_interface(link);
    else if (frame->kind == FRAME_PDU && !opening)
        take_pdu(link, frame);
    else
        fail(link, STAGE_WORKER, ERROR_INVALID_DATA, "the worker is out of step");
}

/* A worker that ran already may have died while it was idle, or ended since it was somebody else's;
 * and a template may have died in place of becoming one. That is nothing of this server's. */
static void take_end(struct link *link, int64_t now) {
    if (link->logon) {
        if (link->common.state == LINK_STARTING)
            link->family->template.is_broken = true;
        stop_worker(link);
        send_logon(link, now);
    } else {
        fail(link, link->common.stage, ERROR_PROCESS_ABORTED, "");
    }
}

enum link_state link_progress(struct link *link, const void *owner, int64_t now) {
    if (link->common.owner != owner)
        return LINK_LOST;
    while (link_is_busy(link) && (link->ready || now >= link->common.deadline)) {
        struct frame frame;
        switch (worker_next(&link->worker, &frame)) {
        case WORKER_FRAME:
            take_frame(link, &frame, now);
            break;
        case WORKER_ENDED:
            take_end(link, now);
            break;
        case WORKER_WAIT:
            link->ready = false;
            if (now >= link->common.deadline) {
                enum frame_stage stage = link->common.stage;
                link_end(link);
                link_set_late(link, stage);
            }
            break;
        }
    }
    link_watch(link);
    return link->common.state;
}

static void fail_malformed(struct link *link, const char *problem, size_t offset) {
    char detail[160];
    snprintf(detail, sizeof detail, "%s (byte %zu of %zu)", problem, offset, link->answer.length);
    fail(link, STAGE_CALL, RPC_X_BAD_STUB_DATA, detail);
}

bool link_take_page(struct link *link, struct link_page *page) {
    size_t offset;
    const char *problem = net_enum_read_page(&page->page, link->common.level, link->answer.stub,
                                             link->answer.length, &offset);
    if (problem) {
        fail_malformed(link, problem, offset);
        return false;
    }
    page->stub = link->answer.stub;
    link->answer.stub = NULL;
    dcerpc_free_answer(&link->answer);
    link->common.state = LINK_READY;
    return true;
}

bool link_take_status(struct link *link, uint32_t *status) {
    const char *problem = status_call_read(link->answer.stub, link->answer.length, status);
    if (problem) {
        fail_malformed(link, problem, 0);
        return false;
    }
    dcerpc_free_answer(&link->answer);
    link->common.state = LINK_READY;
    return true;
}

int link_wait(struct link *const *links, size_t count, struct poller *poller,
              int64_t milliseconds) {
    struct poller_event events[64];
    (void)links;
    (void)count;
    int happened = poller_wait(poller, events, sizeof events / sizeof *events, milliseconds);
    for (int i = 0; i < happened; i++)
        ((struct link *)events[i].owner)->ready = true;
    return happened < 0 ? errno : 0;
}
