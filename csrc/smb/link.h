/* A client of one server's srvsvc interface: opens the pipe, binds, and makes one call at a time,
 * without blocking and each in bounded time. Knows no Lua.
 *
 * client.c speaks srvsvc itself, through a worker; windows/client.c has netapi32 make the calls. */
#ifndef ROLLCALL_LINK_H
#define ROLLCALL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/dcerpc.h"
#include "rpc/srvsvc.h"
#include "smb/frame.h"
#include "smb/link_failure.h"
#if !defined(_WIN32)
#include "smb/worker_process.h"
#endif

struct pollfd;

enum client_state {
    CLIENT_CLOSED,
    CLIENT_OPENING, /* the worker looks for the server and logs on */
    CLIENT_BINDING,
    CLIENT_READY,
    CLIENT_CALLING,
    CLIENT_ANSWERED, /* client_take_page has the answer */
    CLIENT_FAILED,   /* `failure` says why; the client can be opened again */
};

struct client {
    enum client_state state;
    enum frame_stage stage;
#if defined(_WIN32)
    struct task *task;   /* the logon or the call that is under way, or has just come back */
    struct logon *logon; /* NULL: as whoever runs this process */
#else
    struct pipe pipe;
    struct dcerpc_answer answer;
    uint32_t call_id;
    uint16_t fragment_limit;
#endif
    const struct srvsvc_call *call;
    const struct srvsvc_level *level;
    uint32_t timeout_milliseconds;
    int64_t deadline; /* of the step that is under way, in clock_now's time */
    const void *user; /* of those who share a client, who began what is under way */
    struct link_failure failure;
};

/* A page and the bytes it points into. */
struct client_page {
    struct srvsvc_page page;
    uint8_t *stub;
};

#if defined(_WIN32)
#define CLIENT_INITIAL                                                                             \
    { .state = CLIENT_CLOSED }
#else
#define CLIENT_INITIAL                                                                             \
    { .pipe = PIPE_INITIAL }
#endif

/* Begins to open the server's pipe, with a worker that runs already if there is one. */
void client_open(struct client *client, const char *program, const struct frame_target *target);

/* Begins a call, in state READY. */
void client_call(struct client *client, const struct srvsvc_request *request, size_t answer_limit);

/* Does what can be done now without waiting, and returns the state it led to. */
enum client_state client_progress(struct client *client);

/* Whether something is under way that a poll can wait for. */
bool client_is_busy(const struct client *client);

/* In state ANSWERED: takes the answer over, or fails if it is malformed. */
bool client_take_page(struct client *client, struct client_page *page);
void client_free_page(struct client_page *page);

/* Ends the worker and frees everything. May be called at any time, and again. */
void client_close(struct client *client);

/* What there is to wait for until one of the busy clients can progress or is past its deadline:
 * fills `polled`, which has room for `count` elements, and returns how many it needed. */
size_t client_polled(struct client *const *clients, struct pollfd *polled, size_t count,
                     int *milliseconds);

/* Waits for just that. False after a signal. */
bool client_wait(struct client *const *clients, struct pollfd *polled, size_t count);

#endif
