#include "smb/logon_ledger.h"

#include "smb/kept_ticket.h"

struct note {
    struct link_failure refusal;
    struct kept_ticket ticket;
    int64_t good_at; /* when a server or the KDC has last taken who has the ticket */
};

static void forget(void *note) {
    kept_ticket_forget(&((struct note *)note)->ticket);
}

struct credential_ledger *logon_ledger_new(void) {
    return credential_ledger_new(sizeof(struct note), forget);
}

credential_id logon_credential_of(const struct frame_logon *logon) {
    if (!logon->password[0] || !logon->username[0])
        return 0;
    credential_id credential = credential_with(CREDENTIAL_OF_NOTHING, logon->username);
    credential = credential_with(credential, logon->domain);
    credential = credential_with(credential, logon->password);
    return credential_with(credential, logon->kerberos ? "Kerberos" : logon->nt_hash ? "hash" : "");
}

const struct link_failure *logon_ledger_refusal(struct credential_ledger *ledger,
                                                credential_id credential,
                                                const struct credential_policy *policy,
                                                int64_t now) {
    if (!credential_ledger_is_refused(ledger, credential, policy, now))
        return NULL;
    const struct note *note = credential_ledger_note(ledger, credential);
    return &note->refusal;
}

void logon_ledger_accept(struct credential_ledger *ledger, credential_id credential, int64_t now) {
    struct note *note = credential_ledger_accept(ledger, credential, now);
    if (note)
        note->good_at = now;
}

void logon_ledger_fail(struct credential_ledger *ledger, credential_id credential,
                       const struct link_failure *failure, int64_t now) {
    struct note *note = failure->refused ? credential_ledger_refuse(ledger, credential, now) : NULL;
    if (!note)
        return;
    kept_ticket_forget(&note->ticket);
    note->refusal = *failure;
}

void logon_ledger_keep_ticket(struct credential_ledger *ledger, credential_id credential,
                              struct frame_ticket ticket, int64_t now) {
    struct note *note = ticket.length > 0 ? credential_ledger_note(ledger, credential) : NULL;
    if (!note)
        return;
    kept_ticket_set(&note->ticket, ticket);
    note->good_at = now;
}

struct frame_ticket logon_ledger_ticket(struct credential_ledger *ledger, credential_id credential,
                                        int64_t now) {
    const struct note *note = credential_ledger_note(ledger, credential);
    if (!note || now - note->good_at >= CREDENTIAL_PROOF_MILLISECONDS)
        return (struct frame_ticket){NULL, 0};
    return (struct frame_ticket){note->ticket.bytes, note->ticket.length};
}
