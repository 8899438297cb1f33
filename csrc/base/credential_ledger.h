/* What a program knows of the credentials that it uses. An account is locked after a few refusals,
 * so a credential that nobody has accepted yet is tried by one at a time, and one that was refused
 * is not tried again. No Lua and no I/O; times are milliseconds of one clock. */
#ifndef ROLLCALL_CREDENTIAL_LEDGER_H
#define ROLLCALL_CREDENTIAL_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct credential_ledger;

/* A credential as a number that distinguishes it from others: a hash, so that nothing secret is
 * kept. 0: there is none that could be refused for good, as with a ticket. */
typedef uint64_t credential_id;

/* The hash of no text, and that of the texts so far and one more. */
#define CREDENTIAL_OF_NOTHING 0xCBF29CE484222325U
credential_id credential_with(credential_id so_far, const char *text);

enum credential_verdict {
    CREDENTIAL_NOW,     /* an attempt has begun, and its end is to be noted */
    CREDENTIAL_FIRST,   /* as CREDENTIAL_NOW, of a credential that nobody has accepted lately */
    CREDENTIAL_LATER,   /* another is under way that will show it */
    CREDENTIAL_REFUSED, /* it was refused as often as it may be */
};

struct credential_policy {
    unsigned attempts;   /* how often a credential may be refused */
    int64_t retry_after; /* for how long that holds */
    unsigned unproven;   /* how many may try one of which the first attempt has shown nothing */
};

/* How what is not tried is described, before what was refused. */
#define CREDENTIAL_NOT_TRIED "not tried, since the same credentials have been refused"

/* After so many milliseconds one that was to be tried later asks again. */
#define CREDENTIAL_TURN_MILLISECONDS 10

/* For so long a credential that was accepted is taken for good. One that is changed in the middle
 * of a long watch is then tried once, not by all. */
#define CREDENTIAL_PROOF_MILLISECONDS 60000

/* Keeps a note of so many bytes beside each credential, zeros at first, and calls `forget` before
 * it frees one. NULL without memory. */
struct credential_ledger *credential_ledger_new(size_t note_size, void (*forget)(void *note));
void credential_ledger_free(struct credential_ledger *ledger);

/* The note of a credential; NULL: nothing is known of it. Valid until another is tried. */
void *credential_ledger_note(struct credential_ledger *ledger, credential_id credential);

bool credential_ledger_is_refused(struct credential_ledger *ledger, credential_id credential,
                                  const struct credential_policy *policy, int64_t now);

/* How many may use a credential at the same time. */
unsigned credential_ledger_allowed(struct credential_ledger *ledger, credential_id credential,
                                   const struct credential_policy *policy, int64_t now);

/* Whether an attempt may begin, which is given up at `deadline` if nothing is noted until then. */
enum credential_verdict credential_ledger_begin(struct credential_ledger *ledger,
                                                credential_id credential,
                                                const struct credential_policy *policy, int64_t now,
                                                int64_t deadline);

/* The credential was accepted, or refused. Returns its note, or NULL. */
void *credential_ledger_accept(struct credential_ledger *ledger, credential_id credential,
                               int64_t now);
void *credential_ledger_refuse(struct credential_ledger *ledger, credential_id credential,
                               int64_t now);

/* An attempt that had begun is over, and what it has shown is noted. */
void credential_ledger_end(struct credential_ledger *ledger, credential_id credential, int64_t now);

#endif
