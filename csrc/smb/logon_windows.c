#include "smb/logon.h"

#include <stdlib.h>
#include <windows.h>
/* after windows.h */
#include <lm.h>

#include "base/wide.h"

struct logon {
    struct logon *next;
    struct logon_account account;
    enum { LOGON_OPENING, LOGON_OPEN, LOGON_CLOSING } state;
    unsigned references;
};

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE state_changed = CONDITION_VARIABLE_INIT;
static struct logon *logons; /* of this process */

void logon_free_account(struct logon_account *account) {
    wide_free(account->remote);
    wide_free(account->domain);
    wide_free(account->username);
    wide_free(account->password);
    *account = (struct logon_account){0};
}

static bool is_same(const wchar_t *a, const wchar_t *b, bool fold_case) {
    return CompareStringOrdinal(a ? a : L"", -1, b ? b : L"", -1, fold_case) == CSTR_EQUAL;
}

static struct logon *find(const wchar_t *remote) {
    struct logon *logon = logons;
    while (logon && !is_same(logon->account.remote, remote, true))
        logon = logon->next;
    return logon;
}

static bool is_same_account(const struct logon_account *a, const struct logon_account *b) {
    return is_same(a->domain, b->domain, true) && is_same(a->username, b->username, true) &&
           is_same(a->password, b->password, false);
}

/* With the lock held. */
static void forget(struct logon *logon) {
    struct logon **place = &logons;
    while (*place != logon)
        place = &(*place)->next;
    *place = logon->next;
    logon_free_account(&logon->account);
    free(logon);
    WakeAllConditionVariable(&state_changed);
}

static bool is_there(wchar_t *remote) {
    BYTE *buffer = NULL;
    NET_API_STATUS status = NetUseGetInfo(NULL, remote, 0, &buffer);
    if (buffer)
        NetApiBufferFree(buffer);
    return status == NERR_Success;
}

static uint32_t add_use(const struct logon_account *account) {
    USE_INFO_2 use = {
        .ui2_remote = account->remote,
        .ui2_password = account->password,
        .ui2_asg_type = USE_IPC,
        .ui2_username = account->username,
        .ui2_domainname = account->domain,
    };
    return NetUseAdd(NULL, 2, (BYTE *)&use, NULL);
}

/* With the lock held: one of ours to the same server, once it is neither opening nor closing. */
static struct logon *settled(const wchar_t *remote) {
    struct logon *logon;
    while ((logon = find(remote)) && logon->state != LOGON_OPEN)
        SleepConditionVariableSRW(&state_changed, &lock, INFINITE, 0);
    return logon;
}

static uint32_t share(struct logon *logon, const struct logon_account *account) {
    if (!is_same_account(&logon->account, account))
        return ERROR_SESSION_CREDENTIAL_CONFLICT;
    logon->references++;
    return NO_ERROR;
}

/* With the lock held, but for the time that it blocks. */
static uint32_t open_new(struct logon *logon, bool *was_there) {
    logon->state = LOGON_OPENING;
    logon->references = 1;
    logon->next = logons;
    logons = logon;
    ReleaseSRWLockExclusive(&lock);
    *was_there = is_there(logon->account.remote);
    uint32_t status = *was_there ? ERROR_SESSION_CREDENTIAL_CONFLICT : add_use(&logon->account);
    AcquireSRWLockExclusive(&lock);
    logon->state = LOGON_OPEN;
    WakeAllConditionVariable(&state_changed);
    if (status != NO_ERROR)
        forget(logon);
    return status;
}

uint32_t logon_open(struct logon_account *account, struct logon **logon, bool *was_there) {
    struct logon *new = calloc(1, sizeof *new);
    if (!new)
        return ERROR_NOT_ENOUGH_MEMORY;
    new->account = *account;
    *account = (struct logon_account){0};
    *was_there = false;
    AcquireSRWLockExclusive(&lock);
    struct logon *ours = settled(new->account.remote);
    uint32_t status = ours ? share(ours, &new->account) : open_new(new, was_there);
    ReleaseSRWLockExclusive(&lock);
    if (status == NO_ERROR)
        *logon = ours ? ours : new;
    if (ours) {
        logon_free_account(&new->account);
        free(new);
    }
    return status;
}

struct logon *logon_retain(struct logon *logon) {
    if (!logon)
        return NULL;
    AcquireSRWLockExclusive(&lock);
    logon->references++;
    ReleaseSRWLockExclusive(&lock);
    return logon;
}

void logon_release(struct logon *logon) {
    if (!logon)
        return;
    AcquireSRWLockExclusive(&lock);
    if (--logon->references == 0) {
        logon->state = LOGON_CLOSING;
        ReleaseSRWLockExclusive(&lock);
        NetUseDel(NULL, logon->account.remote, USE_LOTS_OF_FORCE);
        AcquireSRWLockExclusive(&lock);
        forget(logon);
    }
    ReleaseSRWLockExclusive(&lock);
}
