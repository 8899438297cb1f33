#include "smb/logon_ledger.h"

#include <stdlib.h>

#include "smb/kept_ticket.h"

/* So many credentials are remembered; then those that nobody has used for longest are forgotten. */
#define ENTRIES_LIMIT 4096

/* For so long a credential that was accepted is taken for good. A password that is changed in the
 * middle of a long watch is then tried by one logon, not by all, and without the ticket it got. */
#define PROOF_MILLISECONDS 60000

struct entry {
    logon_credential credential;
    unsigned under_way;
    unsigned refusals; /* in a row */
    bool accepted;
    int64_t accepted_at;
    int64_t refused_at;
    int64_t deadline; /* of what is under way */
    struct kept_ticket ticket;
    int64_t good_at; /* when a server or the KDC has last taken who has the ticket */
    uint64_t used;   /* a number that grows */
    struct link_failure refusal;
};

struct logon_ledger {
    struct entry *entries;
    size_t count;
    size_t size;
    uint64_t uses;
};

struct logon_ledger *logon_ledger_new(void) {
    return calloc(1, sizeof(struct logon_ledger));
}

void logon_ledger_free(struct logon_ledger *ledger) {
    for (size_t i = 0; ledger && i < ledger->count; i++)
        kept_ticket_forget(&ledger->entries[i].ticket);
    if (ledger)
        free(ledger->entries);
    free(ledger);
}

/* FNV-1a, over the text and its terminator. */
static uint64_t hashed(uint64_t hash, const char *text) {
    do {
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3U;
    } while (*text++);
    return hash;
}

logon_credential logon_credential_of(const struct frame_logon *logon) {
    if (!logon->password[0] || !logon->username[0])
        return 0;
    uint64_t hash = hashed(0xCBF29CE484222325U, logon->username);
    hash = hashed(hash, logon->domain);
    hash = hashed(hash, logon->password);
    hash = hashed(hash, logon->kerberos ? "Kerberos" : logon->nt_hash ? "hash" : "");
    return hash ? hash : 1;
}

static struct entry *oldest_of(struct logon_ledger *ledger) {
    struct entry *oldest = NULL;
    for (size_t i = 0; i < ledger->count; i++)
        if (!ledger->entries[i].under_way && (!oldest || ledger->entries[i].used < oldest->used))
            oldest = &ledger->entries[i];
    return oldest;
}

/* A place for another entry, or NULL. */
static struct entry *new_entry(struct logon_ledger *ledger) {
    if (ledger->count == ENTRIES_LIMIT) {
        struct entry *oldest = oldest_of(ledger);
        if (oldest)
            kept_ticket_forget(&oldest->ticket);
        return oldest;
    }
    if (ledger->count == ledger->size) {
        size_t size = ledger->size ? 2 * ledger->size : 4;
        struct entry *entries = realloc(ledger->entries, size * sizeof *entries);
        if (!entries)
            return NULL;
        ledger->entries = entries;
        ledger->size = size;
    }
    return &ledger->entries[ledger->count++];
}

static struct entry *find(struct logon_ledger *ledger, logon_credential credential) {
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->entries[i].credential == credential)
            return &ledger->entries[i];
    return NULL;
}

/* NULL where there is no credential to remember, or no memory for it. */
static struct entry *entry_of(struct logon_ledger *ledger, logon_credential credential) {
    if (!credential)
        return NULL;
    struct entry *entry = find(ledger, credential);
    if (!entry && (entry = new_entry(ledger)))
        *entry = (struct entry){.credential = credential};
    if (entry)
        entry->used = ++ledger->uses;
    return entry;
}

static bool is_refused(const struct entry *entry, const struct logon_policy *policy, int64_t now) {
    return entry->refusals >= policy->attempts && now - entry->refused_at < policy->retry_after;
}

const struct link_failure *logon_ledger_refusal(struct logon_ledger *ledger,
                                                logon_credential credential,
                                                const struct logon_policy *policy, int64_t now) {
    const struct entry *entry = credential ? find(ledger, credential) : NULL;
    return entry && is_refused(entry, policy, now) ? &entry->refusal : NULL;
}

enum logon_verdict logon_ledger_begin(struct logon_ledger *ledger, logon_credential credential,
                                      const struct logon_policy *policy, int64_t now,
                                      int64_t deadline) {
    struct entry *entry = entry_of(ledger, credential);
    if (!entry)
        return LOGON_NOW;
    if (is_refused(entry, policy, now))
        return LOGON_REFUSED;
    if (entry->refusals > 0 && now - entry->refused_at >= policy->retry_after)
        entry->refusals = 0;
    bool proven = entry->accepted && now - entry->accepted_at < PROOF_MILLISECONDS;
    if (!proven && entry->under_way > 0 && now < entry->deadline)
        return LOGON_LATER;
    entry->under_way++;
    entry->deadline = deadline;
    return proven ? LOGON_NOW : LOGON_FIRST;
}

void logon_ledger_accept(struct logon_ledger *ledger, logon_credential credential, int64_t now) {
    struct entry *entry = entry_of(ledger, credential);
    if (!entry)
        return;
    entry->accepted = true;
    entry->accepted_at = entry->good_at = now;
    entry->refusals = 0;
}

void logon_ledger_fail(struct logon_ledger *ledger, logon_credential credential,
                       const struct link_failure *failure, int64_t now) {
    struct entry *entry = entry_of(ledger, credential);
    if (!entry || !failure->refused)
        return;
    kept_ticket_forget(&entry->ticket);
    entry->accepted = false;
    entry->refused_at = now;
    entry->refusal = *failure;
    entry->refusals++;
}

void logon_ledger_keep_ticket(struct logon_ledger *ledger, logon_credential credential,
                              struct frame_ticket ticket, int64_t now) {
    struct entry *entry = ticket.length > 0 ? find(ledger, credential) : NULL;
    if (!entry)
        return;
    kept_ticket_set(&entry->ticket, ticket);
    entry->good_at = now;
}

struct frame_ticket logon_ledger_ticket(struct logon_ledger *ledger, logon_credential credential,
                                        int64_t now) {
    const struct entry *entry = credential ? find(ledger, credential) : NULL;
    if (!entry || now - entry->good_at >= PROOF_MILLISECONDS)
        return (struct frame_ticket){NULL, 0};
    return (struct frame_ticket){entry->ticket.bytes, entry->ticket.length};
}

void logon_ledger_end(struct logon_ledger *ledger, logon_credential credential) {
    struct entry *entry = credential ? find(ledger, credential) : NULL;
    if (entry && entry->under_way > 0)
        entry->under_way--;
}
