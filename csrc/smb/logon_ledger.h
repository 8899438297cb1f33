/* What a program knows of the credentials that it logs on with. An account is locked after a few
 * refusals, so a credential that nobody has accepted yet is tried by one logon at a time, and one
 * that was refused is not tried again. No Lua and no I/O; times are those of one clock. */
#ifndef ROLLCALL_LOGON_LEDGER_H
#define ROLLCALL_LOGON_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "smb/frame.h"
#include "smb/link_failure.h"

struct logon_ledger;

/* A credential, whoever it is for, as a number that distinguishes it from others. 0: there is none
 * that could be refused for good, as with a ticket. */
typedef uint64_t logon_credential;

enum logon_verdict {
    LOGON_NOW,     /* a logon has begun, and its end is to be noted */
    LOGON_FIRST,   /* as LOGON_NOW, of a credential that nobody has accepted lately */
    LOGON_LATER,   /* another is under way that will show it */
    LOGON_REFUSED, /* it was refused as often as it may be */
};

/* NULL without memory. */
struct logon_ledger *logon_ledger_new(void);
void logon_ledger_free(struct logon_ledger *ledger);

logon_credential logon_credential_of(const struct frame_logon *logon);

/* How often a credential may be refused, and for how many milliseconds that holds. */
struct logon_policy {
    unsigned attempts;
    int64_t retry_after;
};

/* The failure by which the credential was refused as often as it may be; NULL if it was not. */
const struct link_failure *logon_ledger_refusal(struct logon_ledger *ledger,
                                                logon_credential credential,
                                                const struct logon_policy *policy, int64_t now);

/* Whether a logon may begin, which is given up at `deadline` if nothing is noted until then. */
enum logon_verdict logon_ledger_begin(struct logon_ledger *ledger, logon_credential credential,
                                      const struct logon_policy *policy, int64_t now,
                                      int64_t deadline);

/* The result of a logon: success, or a failure, which may be a refusal. */
void logon_ledger_accept(struct logon_ledger *ledger, logon_credential credential, int64_t now);
void logon_ledger_fail(struct logon_ledger *ledger, logon_credential credential,
                       const struct link_failure *failure, int64_t now);

/* The ticket that a logon by this credential has got is kept for those that follow, and handed out
 * for as long as the credential is known to be good: what has changed since at the KDC is not to
 * stay unnoticed for the life of a ticket. It is valid until something is done with the ledger. */
void logon_ledger_keep_ticket(struct logon_ledger *ledger, logon_credential credential,
                              struct frame_ticket ticket, int64_t now);
struct frame_ticket logon_ledger_ticket(struct logon_ledger *ledger, logon_credential credential,
                                        int64_t now);

/* A logon that had begun is over. */
void logon_ledger_end(struct logon_ledger *ledger, logon_credential credential);

#endif
