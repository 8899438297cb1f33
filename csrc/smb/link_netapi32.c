/* What client.h promises, kept by netapi32: each logon and each call blocks a thread of its own,
 * and one that is past its deadline is left to itself. Windows opens no pipe before the first call.
 */
#include "smb/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wide.h"
#include "rpc/win32_status.h"
#include "smb/logon.h"
#include "smb/netapi32.h"
#include "smb/task.h"

/* Nothing wakes a thread that waits here when Ctrl-C is pressed, so the caller gets a look so
 * often. */
#define LONGEST_WAIT_MILLISECONDS 250
/* And an on_wait, which cannot be told what to wait for, comes back so soon. */
#define LOOK_MILLISECONDS 20
/* How long a session that ends is waited for. It ends all the same, unless the process does. */
#define CLOSING_MILLISECONDS 2000

/* To log on. */
struct opening {
    struct logon_account account;
    struct logon *logon;
    uint32_t status;
    bool was_there;
};

/* To make a call, on a session if there is one. */
struct calling {
    struct netapi32_request request;
    struct netapi32_answer answer;
    size_t limit;
    struct logon *logon;
};

static const char *const stage_names[STAGE_COUNT] = {
    [STAGE_WORKER] = "worker", [STAGE_RESOLVE] = "resolve", [STAGE_CONNECT] = "connect",
    [STAGE_LOGON] = "logon",   [STAGE_PIPE] = "pipe",       [STAGE_CALL] = "call",
};

static void run_opening(void *work) {
    struct opening *opening = work;
    opening->status = logon_open(&opening->account, &opening->logon, &opening->was_there);
}

static void discard_opening(void *work) {
    struct opening *opening = work;
    logon_free_account(&opening->account);
    logon_release(opening->logon);
    free(opening);
}

static void run_calling(void *work) {
    struct calling *calling = work;
    calling->answer = netapi32_call(&calling->request, calling->limit);
}

static void discard_calling(void *work) {
    struct calling *calling = work;
    wide_free(calling->request.server_name);
    for (size_t i = 0; i < SRVSVC_FILTERS_LIMIT; i++)
        wide_free(calling->request.filters[i]);
    free(calling->answer.stub);
    logon_release(calling->logon);
    free(calling);
}

static void run_closing(void *logon) {
    logon_release(logon);
}

static void discard_closing(void *logon) {
    (void)logon;
}

static const struct task_kind opening_kind = {run_opening, discard_opening};
static const struct task_kind calling_kind = {run_calling, discard_calling};
static const struct task_kind closing_kind = {run_closing, discard_closing};

/* Windows reports with one status what happened at any of these stages. */
static enum frame_stage stage_of(uint32_t status) {
    switch (status) {
    case ERROR_BAD_NETPATH:
    case ERROR_CONNECTION_REFUSED:
    case ERROR_NETWORK_UNREACHABLE:
    case ERROR_HOST_UNREACHABLE:
    case ERROR_SEM_TIMEOUT:
    case RPC_S_SERVER_UNAVAILABLE:
        return STAGE_CONNECT;
    case ERROR_INVALID_PASSWORD:
    case ERROR_SESSION_CREDENTIAL_CONFLICT:
    case ERROR_LOGON_FAILURE:
    case ERROR_ACCOUNT_RESTRICTION:
    case ERROR_INVALID_LOGON_HOURS:
    case ERROR_INVALID_WORKSTATION:
    case ERROR_PASSWORD_EXPIRED:
    case ERROR_ACCOUNT_DISABLED:
    case ERROR_LOGON_TYPE_NOT_GRANTED:
    case ERROR_ACCOUNT_EXPIRED:
    case ERROR_PASSWORD_MUST_CHANGE:
    case ERROR_ACCOUNT_LOCKED_OUT:
        return STAGE_LOGON;
    default:
        return STAGE_CALL;
    }
}

bool client_is_busy(const struct client *client) {
    return client->state == CLIENT_OPENING || client->state == CLIENT_CALLING;
}

static void leave_task(struct client *client) {
    if (client->task)
        task_leave(client->task);
    client->task = NULL;
}

/* Ends the session, if nobody else uses it, and waits for that at most so long. */
static void close_session(struct client *client, int64_t milliseconds) {
    struct logon *logon = client->logon;
    client->logon = NULL;
    if (!logon)
        return;
    struct task *task = task_start(&closing_kind, logon);
    if (!task) {
        logon_release(logon);
        return;
    }
    int64_t until = clock_now() + milliseconds;
    for (;;) {
        uint64_t ended = task_count_ended();
        int64_t rest = until - clock_now();
        if (task_is_done(task) || rest <= 0)
            break;
        task_wait(ended, (uint32_t)rest);
    }
    task_leave(task);
}

static void shut(struct client *client, int64_t milliseconds) {
    leave_task(client);
    close_session(client, milliseconds);
    client->state = CLIENT_CLOSED;
}

void client_close(struct client *client) {
    shut(client, CLOSING_MILLISECONDS);
}

static void fail(struct client *client, enum frame_stage stage, uint32_t status,
                 const char *detail) {
    shut(client, 0); /* the other servers are not to wait */
    link_failure_set(&client->failure, stage_names[stage], status, detail);
    client->state = CLIENT_FAILED;
}

static void start_step(struct client *client, enum client_state state, enum frame_stage stage,
                       const struct task_kind *kind, void *work) {
    client->state = state;
    client->stage = stage;
    client->deadline = clock_now() + client->timeout_milliseconds;
    client->task = task_start(kind, work);
    if (!client->task) {
        kind->discard(work);
        fail(client, stage, ERROR_NO_SYSTEM_RESOURCES,
             "too many calls are under way that never come back");
    }
}

static wchar_t *remote_of(const char *host) {
    char remote[512];
    int length = snprintf(remote, sizeof remote, "\\\\%s\\IPC$", host);
    return length < (int)sizeof remote ? wide_from_utf8(remote, (size_t)length) : NULL;
}

static struct opening *new_opening(const struct frame_target *target) {
    struct opening *opening = calloc(1, sizeof *opening);
    if (!opening)
        return NULL;
    struct logon_account *account = &opening->account;
    account->remote = remote_of(target->host);
    account->username = wide_from_utf8(target->username, strlen(target->username));
    account->password = wide_from_utf8(target->password, strlen(target->password));
    bool has_domain = target->domain[0] != '\0';
    if (has_domain)
        account->domain = wide_from_utf8(target->domain, strlen(target->domain));
    if (account->remote && account->username && account->password &&
        (account->domain || !has_domain))
        return opening;
    discard_opening(opening);
    return NULL;
}

void client_open(struct client *client, const char *program, const struct frame_target *target) {
    (void)program;
    shut(client, 0);
    client->timeout_milliseconds = target->timeout_milliseconds;
    if (target->username[0] == '\0') {
        client->state = CLIENT_READY;
        return;
    }
    struct opening *opening = new_opening(target);
    if (opening)
        start_step(client, CLIENT_OPENING, STAGE_LOGON, &opening_kind, opening);
    else
        fail(client, STAGE_LOGON, ERROR_INVALID_PARAMETER, "a name or password that is not UTF-8");
}

static bool copy_text(const struct srvsvc_text *text, wchar_t **copy) {
    if (text->utf8)
        *copy = wide_from_utf8(text->utf8, text->length);
    return *copy || !text->utf8;
}

void client_call(struct client *client, const struct srvsvc_request *request, size_t answer_limit) {
    client->call = request->call;
    client->level = request->level;
    struct calling *calling = calloc(1, sizeof *calling);
    if (!calling) {
        fail(client, STAGE_CALL, ERROR_NOT_ENOUGH_MEMORY, "");
        return;
    }
    struct netapi32_request *own = &calling->request;
    own->call = request->call;
    own->level = request->level;
    own->preferred_maximum_length = request->preferred_maximum_length;
    own->resume_handle = request->resume_handle;
    calling->limit = answer_limit;
    calling->logon = logon_retain(client->logon);
    bool copied = copy_text(&request->server_name, &own->server_name);
    for (size_t i = 0; copied && i < request->call->filter_count; i++)
        copied = copy_text(&request->filters[i], &own->filters[i]);
    if (copied) {
        start_step(client, CLIENT_CALLING, STAGE_CALL, &calling_kind, calling);
        return;
    }
    discard_calling(calling);
    fail(client, STAGE_CALL, ERROR_INVALID_PARAMETER, "a name that is too long or is not UTF-8");
}

static void take_opening(struct client *client) {
    struct opening *opening = task_work(client->task);
    uint32_t status = opening->status;
    bool was_there = opening->was_there;
    client->logon = opening->logon;
    opening->logon = NULL;
    leave_task(client);
    if (status == NERR_SUCCESS)
        client->state = CLIENT_READY;
    else
        fail(client, stage_of(status) == STAGE_CONNECT ? STAGE_CONNECT : STAGE_LOGON, status,
             was_there ? "Windows has a session to that server; leave out username and password "
                         "to use it, or end it first"
                       : "");
}

/* A status by which the server itself answered is the caller's to judge, as one that came over the
 * wire; the others say that there is none, or that it would not let us in. */
static void take_calling(struct client *client) {
    struct calling *calling = task_work(client->task);
    const struct netapi32_answer *answer = &calling->answer;
    uint32_t status = answer->status;
    enum frame_stage stage = stage_of(status);
    if (stage != STAGE_CALL)
        fail(client, stage, status, client->call->procedure);
    else if (!answer->stub)
        fail(client, STAGE_CALL, ERROR_NOT_ENOUGH_MEMORY,
             answer->length > calling->limit ? "the answer is larger than it may be" : "");
    else
        client->state = CLIENT_ANSWERED;
}

enum client_state client_progress(struct client *client) {
    if (!client_is_busy(client))
        return client->state;
    if (task_is_done(client->task)) {
        if (client->state == CLIENT_OPENING)
            take_opening(client);
        else
            take_calling(client);
    } else if (clock_now() >= client->deadline) {
        char detail[64];
        snprintf(detail, sizeof detail, "waited %g seconds", client->timeout_milliseconds / 1000.0);
        fail(client, client->stage, ERROR_SEM_TIMEOUT, detail);
    }
    return client->state;
}

bool client_take_page(struct client *client, struct client_page *page) {
    struct calling *calling = task_work(client->task);
    size_t offset;
    size_t length = calling->answer.length;
    page->stub = calling->answer.stub;
    calling->answer.stub = NULL;
    leave_task(client);
    const char *problem = srvsvc_read_page(&page->page, client->level, page->stub, length, &offset);
    if (problem) {
        client_free_page(page);
        fail(client, STAGE_CALL, RPC_X_BAD_STUB_DATA, problem);
        return false;
    }
    client->state = CLIENT_READY;
    return true;
}

void client_free_page(struct client_page *page) {
    free(page->stub);
    *page = (struct client_page){0};
}

/* Milliseconds until a busy client can progress or is past its deadline. */
static int64_t rest_of(struct client *const *clients, size_t count) {
    int64_t nearest = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!client_is_busy(clients[i]))
            continue;
        if (task_is_done(clients[i]->task))
            return 0;
        if (clients[i]->deadline < nearest)
            nearest = clients[i]->deadline;
    }
    int64_t rest = nearest - clock_now();
    return nearest == INT64_MAX || rest < 0 ? 0 : rest;
}

size_t client_polled(struct client *const *clients, struct pollfd *polled, size_t count,
                     int *milliseconds) {
    int64_t rest = rest_of(clients, count);
    (void)polled;
    *milliseconds = rest < LOOK_MILLISECONDS ? (int)rest : LOOK_MILLISECONDS;
    return 0;
}

bool client_wait(struct client *const *clients, struct pollfd *polled, size_t count) {
    uint64_t ended = task_count_ended();
    int64_t rest = rest_of(clients, count);
    (void)polled;
    if (rest == 0)
        return true;
    bool looks = rest > LONGEST_WAIT_MILLISECONDS;
    task_wait(ended, looks ? LONGEST_WAIT_MILLISECONDS : (uint32_t)rest);
    return !looks;
}
