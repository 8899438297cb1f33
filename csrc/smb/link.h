/* A link to one server: logs on, opens the pipe of an interface, and makes one call at a time,
 * without blocking and each in bounded time. No Lua.
 *
 * A link has one owner at a time, which is whoever took it last. It does something for its owner
 * alone, and hands what comes of that to nobody else.
 *
 * link_worker.c speaks DCE/RPC itself, through a worker; link_netapi32.c has netapi32 make the
 * calls. What they share is in link.c. Times are milliseconds of the owner's clock. */
#ifndef ROLLCALL_LINK_H
#define ROLLCALL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/poller.h"
#include "rpc/net_enum.h"
#include "rpc/status_call.h"
#include "smb/frame.h"
#include "smb/link_failure.h"

struct link;

/* What the links of one enumeration have in common, which makes it cheap to start many. */
struct link_family;

enum link_state {
    LINK_CLOSED,
    LINK_STARTING, /* a worker starts, which is no time of the server's */
    LINK_OPENING,  /* looks for the server and logs on */
    LINK_ASKING,   /* in between: would log on now, and waits for link_log_on */
    LINK_BINDING,
    LINK_READY,
    LINK_CALLING,
    LINK_ANSWERED, /* link_take_page or link_take_status has the answer */
    LINK_FAILED,   /* link_failure says why; the link can be opened again */
    LINK_LOST,     /* somebody else has taken it */
};

/* A page and the bytes it points into. */
struct link_page {
    struct net_enum_page page;
    uint8_t *stub;
};

/* NULL without memory. It is freed when no link of it is there any more. */
struct link_family *link_family_new(void);
void link_family_free(struct link_family *family);

/* A closed link with one reference, or NULL without memory. Without the last reference it is
 * closed and freed. `family` may be NULL. */
struct link *link_new(struct link_family *family);
struct link *link_retain(struct link *link);
void link_release(struct link *link);

/* From now on the link is this owner's, whose poller says when it can go on. What was under way
 * for another is ended; a pipe that is open and idle stays open. */
void link_take(struct link *link, const void *owner, struct poller *poller);

/* If the link is this owner's it is nobody's from now on, and what was under way is ended. */
void link_leave(struct link *link, const void *owner);

/* Begins to log on to the server and to open the pipe of an interface, whose name the logon need
 * not have. */
void link_open(struct link *link, const char *program, const struct frame_logon *logon,
               const struct rpc_interface *rpc_interface, int64_t now);

/* In state ASKING: logs on, by a ticket that a link has got with the same credentials, if there is
 * one, so that the KDC is not asked for another. */
void link_log_on(struct link *link, struct frame_ticket ticket, int64_t now);

/* What the logon has got since it began. It points into the link, until something is done with it.
 */
struct frame_ticket link_ticket(const struct link *link);

/* In state READY: begins a call; or, if another interface's pipe is open, to open the call's. Then
 * it is READY again after that, for the same call. */
void link_call(struct link *link, const struct net_enum_request *request, size_t answer_limit,
               int64_t now);

/* As link_call, of a call of srvsvc that says nothing but a status. */
void link_status_call(struct link *link, const struct status_request *request, int64_t now);

/* Does what can be done now without waiting, and returns the state it led to, as the owner sees
 * it. */
enum link_state link_progress(struct link *link, const void *owner, int64_t now);

/* In state ANSWERED: takes the answer over, or fails if it is malformed. */
bool link_take_page(struct link *link, struct link_page *page);
void link_free_page(struct link_page *page);
bool link_take_status(struct link *link, uint32_t *status);

/* Ends what is under way, and the connection. The link is nobody's then, and can be taken again. */
void link_close(struct link *link);

enum link_state link_state(const struct link *link, const void *owner);

/* Whether the pipe is open and nothing is under way, so that anybody may take the link and call. */
bool link_is_idle(const struct link *link);

/* Whether something is under way that a poller can wait for. */
bool link_is_busy(const struct link *link);

/* Milliseconds that a step may take; when the one that is under way began, and when it is given
 * up. */
int64_t link_timeout(const struct link *link);
int64_t link_begun(const struct link *link);
int64_t link_deadline(const struct link *link);

const struct link_failure *link_failure(const struct link *link);

/* Whether it can be opened without starting a worker; and how many workers the processors can do
 * with that do not wait for servers. */
bool link_is_warm(const struct link *link);
size_t link_workers_of_use(void);

/* Waits until one of the busy links can go on, for so many milliseconds at most, below 0 for ever;
 * they have been taken with this poller. Returns 0 or an errno: EINTR after a signal. */
int link_wait(struct link *const *links, size_t count, struct poller *poller, int64_t milliseconds);

#endif
