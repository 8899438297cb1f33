#define _POSIX_C_SOURCE 200809L

#include "smb/link.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "rpc/win32_status.h"

static const char *const stage_names[STAGE_COUNT] = {
    [STAGE_WORKER] = "worker", [STAGE_RESOLVE] = "resolve", [STAGE_CONNECT] = "connect",
    [STAGE_LOGON] = "logon",   [STAGE_PIPE] = "pipe",       [STAGE_CALL] = "call",
};

bool client_is_busy(const struct client *client) {
    return client->state == CLIENT_OPENING || client->state == CLIENT_BINDING ||
           client->state == CLIENT_CALLING;
}

void client_close(struct client *client) {
    pipe_stop(&client->pipe);
    dcerpc_free_answer(&client->answer);
    client->state = CLIENT_CLOSED;
}

/* A worker that is in the middle of something is of no use to the next server. */
static void fail(struct client *client, enum frame_stage stage, uint32_t status,
                 const char *detail) {
    client_close(client);
    link_failure_set(&client->failure, stage_names[stage], status, detail);
    client->state = CLIENT_FAILED;
}

static void start_step(struct client *client, enum client_state state, enum frame_stage stage) {
    client->state = state;
    client->stage = stage;
    client->deadline = clock_now() + client->timeout_milliseconds;
}

void client_open(struct client *client, const char *program, const struct frame_target *target) {
    const size_t target_limit = 16 + 4 * 1024;
    if (client_is_busy(client))
        client_close(client); /* a call that nobody waits for any more */
    dcerpc_free_answer(&client->answer);
    client->timeout_milliseconds = target->timeout_milliseconds;
    client->call_id = 1;
    client->fragment_limit = DCERPC_FRAGMENT_LIMIT;
    start_step(client, CLIENT_OPENING, STAGE_WORKER);
    if (client->pipe.descriptor < 0) {
        int error = pipe_start(&client->pipe, program);
        if (error) {
            char detail[256];
            snprintf(detail, sizeof detail, "cannot start %s: %s", program, strerror(error));
            fail(client, STAGE_WORKER, status_of_errno(error), detail);
            return;
        }
    }
    uint8_t *payload = pipe_frame(&client->pipe, target_limit);
    if (!payload) {
        fail(client, STAGE_WORKER, ERROR_NOT_ENOUGH_MEMORY, "");
        return;
    }
    size_t length = frame_write_target(payload, target_limit, target);
    if (length == 0)
        fail(client, STAGE_WORKER, ERROR_INVALID_PARAMETER, "names and password are too long");
    else
        pipe_send(&client->pipe, FRAME_TARGET, length);
}

static void bind(struct client *client) {
    uint8_t *pdu = pipe_frame(&client->pipe, DCERPC_BIND_LENGTH);
    if (!pdu) {
        fail(client, STAGE_PIPE, ERROR_NOT_ENOUGH_MEMORY, "");
        return;
    }
    dcerpc_write_bind(pdu, client->call_id, &srvsvc_interface);
    pipe_send(&client->pipe, FRAME_PDU, DCERPC_BIND_LENGTH);
    client->state = CLIENT_BINDING;
    client->stage = STAGE_PIPE;
}

static void send_request(struct client *client, const struct srvsvc_request *request,
                         const uint8_t *stub, size_t stub_length) {
    for (size_t offset = 0; offset < stub_length;) {
        uint8_t *pdu = pipe_frame(&client->pipe, client->fragment_limit);
        size_t length;
        if (!pdu) {
            fail(client, STAGE_CALL, ERROR_NOT_ENOUGH_MEMORY, "");
            return;
        }
        offset += dcerpc_write_request(pdu, client->fragment_limit, client->call_id,
                                       request->call->opnum, stub, stub_length, offset, &length);
        pipe_send(&client->pipe, FRAME_PDU, length);
    }
}

void client_call(struct client *client, const struct srvsvc_request *request, size_t answer_limit) {
    client->call = request->call;
    client->level = request->level;
    start_step(client, CLIENT_CALLING, STAGE_CALL);
    dcerpc_start_answer(&client->answer, ++client->call_id, answer_limit);
    size_t length = srvsvc_write_request(request, NULL, 0);
    uint8_t *stub = length ? malloc(length) : NULL;
    if (!stub) {
        fail(client, STAGE_CALL, length ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER,
             length ? "" : "a name that is too long or is not UTF-8");
        return;
    }
    srvsvc_write_request(request, stub, length);
    send_request(client, request, stub, length);
    free(stub);
}

static void take_fault(struct client *client) {
    uint32_t fault = client->answer.fault;
    const char *name = dcerpc_fault_name(fault);
    if (fault == ERROR_ACCESS_DENIED) {
        fail(client, STAGE_CALL, fault, "RPC fault");
        return;
    }
    fail(client, STAGE_CALL, RPC_S_PROTOCOL_ERROR, "");
    client->failure.code = fault;
    client->failure.name = name ? name : "RPC fault";
    snprintf(client->failure.message, sizeof client->failure.message,
             "%s: the server's RPC answered with fault 0x%08" PRIx32, client->call->procedure,
             fault);
}

static void take_pdu(struct client *client, const struct frame *frame) {
    const char *problem;
    if (client->state == CLIENT_BINDING) {
        problem = dcerpc_read_bind_ack(frame->payload, frame->length, client->call_id,
                                       &client->fragment_limit);
        if (problem)
            fail(client, STAGE_PIPE, RPC_S_PROTOCOL_ERROR, problem);
        else
            client->state = CLIENT_READY;
        return;
    }
    problem = dcerpc_add_fragment(&client->answer, frame->payload, frame->length);
    if (problem)
        fail(client, STAGE_CALL,
             problem == dcerpc_no_memory ? ERROR_NOT_ENOUGH_MEMORY : RPC_S_PROTOCOL_ERROR, problem);
    else if (client->answer.fault)
        take_fault(client);
    else if (client->answer.complete)
        client->state = CLIENT_ANSWERED;
}

/* The worker closed the pipe, but can open another. */
static void take_failure(struct client *client, const struct frame *frame) {
    struct frame_failure failure;
    if (!frame_read_failure(frame, &failure)) {
        fail(client, STAGE_WORKER, ERROR_INVALID_DATA, "");
        return;
    }
    dcerpc_free_answer(&client->answer);
    link_failure_set(&client->failure, stage_names[failure.stage], failure.status, failure.detail);
    client->state = CLIENT_FAILED;
}

static void take_frame(struct client *client, const struct frame *frame) {
    bool opening = client->state == CLIENT_OPENING;
    if (frame->kind == FRAME_FAILED)
        take_failure(client, frame);
    else if (frame->kind == FRAME_STAGE && opening && frame->length == 1 &&
             frame->payload[0] < STAGE_COUNT)
        client->stage = (enum frame_stage)frame->payload[0];
    else if (frame->kind == FRAME_OPEN && opening)
        bind(client);
    else if (frame->kind == FRAME_PDU && !opening)
        take_pdu(client, frame);
    else
        fail(client, STAGE_WORKER, ERROR_INVALID_DATA, "the worker is out of step");
}

enum client_state client_progress(struct client *client) {
    while (client_is_busy(client)) {
        struct frame frame;
        switch (pipe_next(&client->pipe, &frame)) {
        case PIPE_FRAME:
            take_frame(client, &frame);
            break;
        case PIPE_ENDED:
            fail(client, client->stage, ERROR_PROCESS_ABORTED, "");
            break;
        case PIPE_WAIT:
            if (clock_now() < client->deadline)
                return client->state;
            char detail[64];
            snprintf(detail, sizeof detail, "waited %g seconds",
                     client->timeout_milliseconds / 1000.0);
            fail(client, client->stage, ERROR_SEM_TIMEOUT, detail);
            break;
        }
    }
    return client->state;
}

bool client_take_page(struct client *client, struct client_page *page) {
    size_t offset;
    size_t length = client->answer.length;
    const char *problem =
        srvsvc_read_page(&page->page, client->level, client->answer.stub, length, &offset);
    if (problem) {
        char detail[160];
        snprintf(detail, sizeof detail, "%s (byte %zu of %zu)", problem, offset, length);
        fail(client, STAGE_CALL, RPC_X_BAD_STUB_DATA, detail);
        return false;
    }
    page->stub = client->answer.stub;
    client->answer.stub = NULL;
    dcerpc_free_answer(&client->answer);
    client->state = CLIENT_READY;
    return true;
}

void client_free_page(struct client_page *page) {
    free(page->stub);
    *page = (struct client_page){0};
}

size_t client_polled(struct client *const *clients, struct pollfd *polled, size_t count,
                     int *milliseconds) {
    int64_t nearest = INT64_MAX;
    size_t busy = 0;
    for (size_t i = 0; i < count; i++) {
        if (!client_is_busy(clients[i]))
            continue;
        polled[busy++] =
            (struct pollfd){clients[i]->pipe.descriptor, pipe_events(&clients[i]->pipe), 0};
        if (clients[i]->deadline < nearest)
            nearest = clients[i]->deadline;
    }
    int64_t rest = nearest - clock_now();
    *milliseconds = busy == 0 || rest < 0 ? 0 : rest > 60000 ? 60000 : (int)rest;
    return busy;
}

bool client_wait(struct client *const *clients, struct pollfd *polled, size_t count) {
    int timeout;
    nfds_t busy = client_polled(clients, polled, count, &timeout);
    return busy == 0 || poll(polled, busy, timeout) >= 0 || errno != EINTR;
}
