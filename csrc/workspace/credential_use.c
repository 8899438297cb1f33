#include "workspace/credential_use.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/plain_text.h"

#define NAME_LIMIT 256
#define REFUSAL_SIZE 181

struct note {
    char name[NAME_LIMIT];
    char refusal[REFUSAL_SIZE];
};

static void forget(void *note) {
    (void)note;
}

struct credential_ledger *credential_use_ledger_new(void) {
    return credential_ledger_new(sizeof(struct note), forget);
}

enum credential_verdict credential_use_begin(const struct credential_use *use, int64_t timeout,
                                             credential_id *tried, struct http_failure *failure) {
    int64_t now = clock_now();
    enum credential_verdict verdict =
        credential_ledger_begin(use->ledger, use->credential, &use->policy, now, now + timeout);
    if (verdict == CREDENTIAL_REFUSED) {
        const struct note *note = credential_ledger_note(use->ledger, use->credential);
        *failure = (struct http_failure){.stage = "request"};
        snprintf(failure->code, sizeof failure->code, CREDENTIALS_REFUSED);
        snprintf(failure->message, sizeof failure->message, CREDENTIAL_NOT_TRIED " for %s: %s",
                 note->name, note->refusal);
    }
    if (verdict == CREDENTIAL_NOW || verdict == CREDENTIAL_FIRST)
        *tried = use->credential;
    return verdict;
}

void credential_use_accept(const struct credential_use *use, credential_id tried) {
    credential_ledger_accept(use->ledger, tried, clock_now());
}

/* Of a name that is too long the end is kept, where a line number is. */
static void copy_end(char *to, size_t size, const char *name) {
    size_t length = strlen(name);
    if (length >= size)
        name += length - size + 1;
    while ((*name & 0xC0) == 0x80) /* not in the middle of a character */
        name++;
    snprintf(to, size, "%s", name);
}

void credential_use_fail(const struct credential_use *use, credential_id tried,
                         const struct http_failure *failure) {
    if (use->replaceable || !http_failure_is_refusal(failure))
        return;
    static const struct secrets none = {{NULL}};
    struct note *note = credential_ledger_refuse(use->ledger, tried, clock_now());
    if (!note)
        return;
    copy_end(note->name, sizeof note->name, use->name);
    plain_text_copy(note->refusal, sizeof note->refusal, failure->message, strlen(failure->message),
                    &none);
}

void credential_use_end(const struct credential_use *use, credential_id *tried) {
    credential_ledger_end(use->ledger, *tried, clock_now());
    *tried = 0;
}

size_t credential_use_allowed(const struct credential_use *use) {
    return credential_ledger_allowed(use->ledger, use->credential, &use->policy, clock_now());
}

int64_t credential_use_pause(const struct credential_use *use) {
    return credential_use_allowed(use) == UINT_MAX ? 0 : 2 * CREDENTIAL_TURN_MILLISECONDS;
}
