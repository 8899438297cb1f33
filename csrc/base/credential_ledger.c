#include "base/credential_ledger.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* So many credentials are remembered; then those that nobody has used for longest are forgotten. */
#define ENTRIES_LIMIT 4096

struct entry {
    credential_id credential;
    unsigned under_way;
    unsigned refusals; /* in a row */
    bool accepted;
    bool unanswered; /* an attempt has ended and shown nothing */
    int64_t accepted_at;
    int64_t refused_at;
    int64_t deadline; /* of what is under way */
    uint64_t used;    /* a number that grows */
};

struct credential_ledger {
    size_t note_size;
    void (*forget)(void *note);
    struct entry *entries;
    unsigned char *notes; /* of each entry one */
    size_t count;
    size_t size;
    uint64_t uses;
};

/* FNV-1a, over the text and its terminator. */
credential_id credential_with(credential_id so_far, const char *text) {
    do {
        so_far = (so_far ^ (unsigned char)*text) * 0x100000001B3U;
    } while (*text++);
    return so_far ? so_far : 1;
}

struct credential_ledger *credential_ledger_new(size_t note_size, void (*forget)(void *note)) {
    struct credential_ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger)
        *ledger = (struct credential_ledger){.note_size = note_size, .forget = forget};
    return ledger;
}

static void *note_of(const struct credential_ledger *ledger, const struct entry *entry) {
    return ledger->notes + (size_t)(entry - ledger->entries) * ledger->note_size;
}

void credential_ledger_free(struct credential_ledger *ledger) {
    if (!ledger)
        return;
    for (size_t i = 0; i < ledger->count; i++)
        ledger->forget(note_of(ledger, &ledger->entries[i]));
    free(ledger->notes);
    free(ledger->entries);
    free(ledger);
}

static struct entry *oldest_of(struct credential_ledger *ledger) {
    struct entry *oldest = NULL;
    for (size_t i = 0; i < ledger->count; i++)
        if (!ledger->entries[i].under_way && (!oldest || ledger->entries[i].used < oldest->used))
            oldest = &ledger->entries[i];
    return oldest;
}

static bool grow(struct credential_ledger *ledger) {
    size_t size = ledger->size ? 2 * ledger->size : 4;
    struct entry *entries = realloc(ledger->entries, size * sizeof *entries);
    if (!entries)
        return false;
    ledger->entries = entries;
    unsigned char *notes = realloc(ledger->notes, size * ledger->note_size);
    if (!notes)
        return false;
    ledger->notes = notes;
    ledger->size = size;
    return true;
}

/* NULL without memory. */
static struct entry *new_entry(struct credential_ledger *ledger, credential_id credential) {
    struct entry *entry = NULL;
    if (ledger->count == ENTRIES_LIMIT) {
        entry = oldest_of(ledger);
        if (entry)
            ledger->forget(note_of(ledger, entry));
    } else if (ledger->count < ledger->size || grow(ledger)) {
        entry = &ledger->entries[ledger->count++];
    }
    if (!entry)
        return NULL;
    *entry = (struct entry){.credential = credential};
    memset(note_of(ledger, entry), 0, ledger->note_size);
    return entry;
}

static struct entry *find(struct credential_ledger *ledger, credential_id credential) {
    for (size_t i = 0; credential && i < ledger->count; i++)
        if (ledger->entries[i].credential == credential)
            return &ledger->entries[i];
    return NULL;
}

/* NULL where there is no credential to remember, or no memory for it. */
static struct entry *entry_of(struct credential_ledger *ledger, credential_id credential) {
    if (!credential)
        return NULL;
    struct entry *entry = find(ledger, credential);
    if (!entry)
        entry = new_entry(ledger, credential);
    if (entry)
        entry->used = ++ledger->uses;
    return entry;
}

void *credential_ledger_note(struct credential_ledger *ledger, credential_id credential) {
    const struct entry *entry = find(ledger, credential);
    return entry ? note_of(ledger, entry) : NULL;
}

static bool is_refused(const struct entry *entry, const struct credential_policy *policy,
                       int64_t now) {
    return entry->refusals >= policy->attempts && now - entry->refused_at < policy->retry_after;
}

bool credential_ledger_is_refused(struct credential_ledger *ledger, credential_id credential,
                                  const struct credential_policy *policy, int64_t now) {
    const struct entry *entry = find(ledger, credential);
    return entry && is_refused(entry, policy, now);
}

static bool is_proven(const struct entry *entry, int64_t now) {
    return entry->accepted && now - entry->accepted_at < CREDENTIAL_PROOF_MILLISECONDS;
}

static unsigned allowed(const struct entry *entry, const struct credential_policy *policy,
                        int64_t now) {
    if (is_proven(entry, now))
        return UINT_MAX;
    return entry->unanswered ? policy->unproven : 1;
}

unsigned credential_ledger_allowed(struct credential_ledger *ledger, credential_id credential,
                                   const struct credential_policy *policy, int64_t now) {
    const struct entry *entry = find(ledger, credential);
    return entry ? allowed(entry, policy, now) : 1;
}

enum credential_verdict credential_ledger_begin(struct credential_ledger *ledger,
                                                credential_id credential,
                                                const struct credential_policy *policy, int64_t now,
                                                int64_t deadline) {
    struct entry *entry = entry_of(ledger, credential);
    if (!entry)
        return CREDENTIAL_NOW;
    if (is_refused(entry, policy, now))
        return CREDENTIAL_REFUSED;
    if (entry->refusals > 0 && now - entry->refused_at >= policy->retry_after)
        entry->refusals = 0;
    if (entry->under_way >= allowed(entry, policy, now) && now < entry->deadline)
        return CREDENTIAL_LATER;
    entry->under_way++;
    entry->deadline = deadline;
    return is_proven(entry, now) ? CREDENTIAL_NOW : CREDENTIAL_FIRST;
}

void *credential_ledger_accept(struct credential_ledger *ledger, credential_id credential,
                               int64_t now) {
    struct entry *entry = entry_of(ledger, credential);
    if (!entry)
        return NULL;
    entry->accepted = true;
    entry->accepted_at = now;
    entry->refusals = 0;
    entry->unanswered = false;
    return note_of(ledger, entry);
}

void *credential_ledger_refuse(struct credential_ledger *ledger, credential_id credential,
                               int64_t now) {
    struct entry *entry = entry_of(ledger, credential);
    if (!entry)
        return NULL;
    entry->accepted = entry->unanswered = false;
    entry->refused_at = now;
    entry->refusals++;
    return note_of(ledger, entry);
}

void credential_ledger_end(struct credential_ledger *ledger, credential_id credential,
                           int64_t now) {
    struct entry *entry = find(ledger, credential);
    if (!entry || entry->under_way == 0)
        return;
    entry->under_way--;
    if (!is_proven(entry, now) && entry->refusals == 0)
        entry->unanswered = true;
}
