/* What a program knows of the credentials that it logs on to servers with, beside what it knows of
 * any: by which failure one was refused, and the ticket it got. No Lua and no I/O. */
#ifndef ROLLCALL_LOGON_LEDGER_H
#define ROLLCALL_LOGON_LEDGER_H

#include "base/credential_ledger.h"
#include "smb/frame.h"
#include "smb/link_failure.h"

/* NULL without memory. In what follows `ledger` is one of these. */
struct credential_ledger *logon_ledger_new(void);

credential_id logon_credential_of(const struct frame_logon *logon);

/* The failure by which the credential was refused as often as it may be; NULL if it was not. */
const struct link_failure *logon_ledger_refusal(struct credential_ledger *ledger,
                                                credential_id credential,
                                                const struct credential_policy *policy,
                                                int64_t now);

/* The result of a logon: success, or a failure, which may be a refusal. */
void logon_ledger_accept(struct credential_ledger *ledger, credential_id credential, int64_t now);
void logon_ledger_fail(struct credential_ledger *ledger, credential_id credential,
                       const struct link_failure *failure, int64_t now);

/* The ticket that a logon by this credential has got is kept for those that follow, and handed out
 * for as long as the credential is known to be good: what has changed since at the KDC is not to
 * stay unnoticed for the life of a ticket. It is valid until something is done with the ledger. */
void logon_ledger_keep_ticket(struct credential_ledger *ledger, credential_id credential,
                              struct frame_ticket ticket, int64_t now);
struct frame_ticket logon_ledger_ticket(struct credential_ledger *ledger, credential_id credential,
                                        int64_t now);

#endif
