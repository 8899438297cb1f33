/* What link.h promises, kept by netapi32: each logon and each call blocks a thread of its own,
 * and one that is past its deadline is left to itself. Windows opens no pipe before the first call.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wide.h"
#include "rpc/win32_status.h"
#include "smb/link_common.h"
#include "smb/logon.h"
#include "smb/netapi32.h"
#include "smb/task.h"

/* Nothing wakes a thread that waits here when Ctrl-C is pressed, so the caller is asked this
 * often. */
#define LONGEST_WAIT_MILLISECONDS 250
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
    const struct status_call *status_call; /* NULL: an enumeration */
    struct netapi32_answer answer;
    size_t limit;
    struct logon *logon;
};

struct link {
    struct link_common common;
    struct task *task;   /* the logon or the call that is under way, or has just come back */
    struct logon *logon; /* NULL: as whoever runs this process */
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
    const struct netapi32_request *request = &calling->request;
    calling->answer = calling->status_call ? netapi32_status_call(calling->status_call, request)
                                           : netapi32_call(request, calling->limit);
}

static void discard_calling(void *work) {
    struct calling *calling = work;
    wide_free(calling->request.server_name);
    for (size_t i = 0; i < NET_ENUM_FILTERS_LIMIT; i++)
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

/* There is nothing to start. */
struct link_family *link_family_new(void) {
    static char none;
    return (struct link_family *)&none;
}

void link_family_free(struct link_family *family) {
    (void)family;
}

struct link *link_new(struct link_family *family) {
    (void)family;
    struct link *link = calloc(1, sizeof *link);
    if (link)
        link->common.references = 1;
    return link;
}

void link_free(struct link *link) {
    free(link);
}

/* Nothing is polled: see link_wait. */
void link_watch(struct link *link) {
    (void)link;
}

bool link_is_warm(const struct link *link) {
    (void)link;
    return true;
}

size_t link_workers_of_use(void) {
    return SIZE_MAX;
}

static void leave_task(struct link *link) {
    if (link->task)
        task_leave(link->task);
    link->task = NULL;
}

/* Ends the session, if nobody else uses it, and waits for that at most so long. */
static void close_session(struct link *link, int64_t milliseconds) {
    struct logon *logon = link->logon;
    link->logon = NULL;
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

static void shut(struct link *link, int64_t milliseconds) {
    leave_task(link);
    close_session(link, milliseconds);
    link->common.state = LINK_CLOSED;
}

void link_end(struct link *link) {
    shut(link, CLOSING_MILLISECONDS);
}

static void fail(struct link *link, enum frame_stage stage, uint32_t status, const char *detail) {
    shut(link, 0); /* the other servers are not to wait */
    link_set_failed(link, stage, status, detail);
    link->common.failure.refused = status == ERROR_LOGON_FAILURE ||
                                   status == ERROR_INVALID_PASSWORD ||
                                   status == ERROR_ACCOUNT_LOCKED_OUT;
}

static void start_task(struct link *link, enum link_state state, enum frame_stage stage,
                       int64_t now, const struct task_kind *kind, void *work) {
    link_start_step(link, state, stage, now);
    link->task = task_start(kind, work);
    if (!link->task) {
        kind->discard(work);
        fail(link, stage, ERROR_NO_SYSTEM_RESOURCES,
             "too many calls are under way that never come back");
    }
}

static wchar_t *remote_of(const char *host) {
    char remote[512];
    int length = snprintf(remote, sizeof remote, "\\\\%s\\IPC$", host);
    return length < (int)sizeof remote ? wide_from_utf8(remote, (size_t)length) : NULL;
}

static struct opening *new_opening(const struct frame_logon *wanted) {
    struct opening *opening = calloc(1, sizeof *opening);
    if (!opening)
        return NULL;
    struct logon_account *account = &opening->account;
    account->remote = remote_of(wanted->host);
    account->username = wide_from_utf8(wanted->username, strlen(wanted->username));
    account->password = wide_from_utf8(wanted->password, strlen(wanted->password));
    bool has_domain = wanted->domain[0] != '\0';
    if (has_domain)
        account->domain = wide_from_utf8(wanted->domain, strlen(wanted->domain));
    if (account->remote && account->username && account->password &&
        (account->domain || !has_domain))
        return opening;
    discard_opening(opening);
    return NULL;
}

void link_open(struct link *link, const char *program, const struct frame_logon *wanted,
               const struct rpc_interface *rpc_interface, int64_t now) {
    (void)program;
    (void)rpc_interface;
    shut(link, 0);
    link->common.timeout_milliseconds = wanted->timeout_milliseconds;
    if (wanted->username[0] == '\0') {
        link->common.state = LINK_READY;
        return;
    }
    struct opening *opening = new_opening(wanted);
    if (opening)
        start_task(link, LINK_OPENING, STAGE_LOGON, now, &opening_kind, opening);
    else
        fail(link, STAGE_LOGON, ERROR_INVALID_PARAMETER, "a name or password that is not UTF-8");
}

/* There is no moment between finding the server and logging on. */
void link_log_on(struct link *link, struct frame_ticket ticket, int64_t now) {
    (void)link;
    (void)ticket;
    (void)now;
}

struct frame_ticket link_ticket(const struct link *link) {
    (void)link;
    return (struct frame_ticket){NULL, 0};
}

static bool copy_text(const struct net_enum_text *text, wchar_t **copy) {
    if (text->utf8)
        *copy = wide_from_utf8(text->utf8, text->length);
    return *copy || !text->utf8;
}

static struct calling *new_calling(struct link *link, const char *procedure, size_t limit) {
    link->common.procedure = procedure;
    struct calling *calling = calloc(1, sizeof *calling);
    if (!calling) {
        fail(link, STAGE_CALL, ERROR_NOT_ENOUGH_MEMORY, "");
        return NULL;
    }
    calling->limit = limit;
    calling->logon = logon_retain(link->logon);
    return calling;
}

/* With the texts of the call, which go where an enumeration has its filters. */
static void start_calling(struct link *link, struct calling *calling,
                          const struct net_enum_text *server_name,
                          const struct net_enum_text *texts, size_t count, int64_t now) {
    struct netapi32_request *own = &calling->request;
    bool copied = copy_text(server_name, &own->server_name);
    for (size_t i = 0; copied && i < count; i++)
        copied = copy_text(&texts[i], &own->filters[i]);
    if (copied) {
        start_task(link, LINK_CALLING, STAGE_CALL, now, &calling_kind, calling);
        return;
    }
    discard_calling(calling);
    fail(link, STAGE_CALL, ERROR_INVALID_PARAMETER, "a name that is too long or is not UTF-8");
}

void link_call(struct link *link, const struct net_enum_request *request, size_t answer_limit,
               int64_t now) {
    link->common.level = request->level;
    struct calling *calling = new_calling(link, request->call->procedure, answer_limit);
    if (!calling)
        return;
    calling->request.call = request->call;
    calling->request.level = request->level;
    calling->request.preferred_maximum_length = request->preferred_maximum_length;
    calling->request.resume_handle = request->resume_handle;
    start_calling(link, calling, &request->server_name, request->filters,
                  request->call->filter_count, now);
}

void link_status_call(struct link *link, const struct status_request *request, int64_t now) {
    struct calling *calling = new_calling(link, request->call->procedure, STATUS_CALL_ANSWER_LIMIT);
    if (!calling)
        return;
    netapi32_keep_loaded(request->call);
    calling->status_call = request->call;
    calling->request.number = request->number;
    start_calling(link, calling, &request->server_name, request->texts, request->call->text_count,
                  now);
}

static void take_opening(struct link *link) {
    struct opening *opening = task_work(link->task);
    uint32_t status = opening->status;
    bool was_there = opening->was_there;
    link->logon = opening->logon;
    opening->logon = NULL;
    leave_task(link);
    if (status == NERR_SUCCESS)
        link->common.state = LINK_READY;
    else
        fail(link, stage_of(status) == STAGE_CONNECT ? STAGE_CONNECT : STAGE_LOGON, status,
             was_there ? "Windows has a session to that server; leave out username and password "
                         "to use it, or end it first"
                       : "");
}

/* A status by which the server itself answered is the caller's to judge, as one that came over the
 * wire; the others say that there is none, or that it would not let us in. */
static void take_calling(struct link *link) {
    struct calling *calling = task_work(link->task);
    const struct netapi32_answer *answer = &calling->answer;
    uint32_t status = answer->status;
    enum frame_stage stage = stage_of(status);
    if (stage != STAGE_CALL)
        fail(link, stage, status, link->common.procedure);
    else if (!answer->stub)
        fail(link, STAGE_CALL, ERROR_NOT_ENOUGH_MEMORY,
             answer->length > calling->limit ? "the answer is larger than it may be" : "");
    else
        link->common.state = LINK_ANSWERED;
}

enum link_state link_progress(struct link *link, const void *owner, int64_t now) {
    if (link->common.owner != owner)
        return LINK_LOST;
    if (!link_is_busy(link))
        return link->common.state;
    if (task_is_done(link->task)) {
        if (link->common.state == LINK_OPENING)
            take_opening(link);
        else
            take_calling(link);
    } else if (now >= link->common.deadline) {
        enum frame_stage stage = link->common.stage;
        shut(link, 0);
        link_set_late(link, stage);
    }
    return link->common.state;
}

/* The answer of the task, which is left then; to be freed. */
static uint8_t *take_stub(struct link *link, size_t *length) {
    struct calling *calling = task_work(link->task);
    uint8_t *stub = calling->answer.stub;
    *length = calling->answer.length;
    calling->answer.stub = NULL;
    leave_task(link);
    link->common.state = LINK_READY;
    return stub;
}

bool link_take_page(struct link *link, struct link_page *page) {
    size_t offset, length;
    page->stub = take_stub(link, &length);
    const char *problem =
        net_enum_read_page(&page->page, link->common.level, page->stub, length, &offset);
    if (problem) {
        link_free_page(page);
        fail(link, STAGE_CALL, RPC_X_BAD_STUB_DATA, problem);
    }
    return !problem;
}

bool link_take_status(struct link *link, uint32_t *status) {
    size_t length;
    uint8_t *stub = take_stub(link, &length);
    const char *problem = status_call_read(stub, length, status);
    free(stub);
    if (problem)
        fail(link, STAGE_CALL, RPC_X_BAD_STUB_DATA, problem);
    return !problem;
}

static bool is_any_done(struct link *const *links, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (links[i] && link_is_busy(links[i]) && task_is_done(links[i]->task))
            return true;
    return false;
}

/* A task that ends after it was counted ends the wait. */
int link_wait(struct link *const *links, size_t count, struct poller *poller,
              int64_t milliseconds) {
    uint64_t ended = task_count_ended();
    (void)poller;
    if (milliseconds == 0 || is_any_done(links, count))
        return 0;
    bool asks = milliseconds < 0 || milliseconds > LONGEST_WAIT_MILLISECONDS;
    task_wait(ended, asks ? LONGEST_WAIT_MILLISECONDS : (uint32_t)milliseconds);
    return asks ? EINTR : 0;
}
