/* NetUseAdd and its kin: sessions to IPC$, and who may have one. */
#include "sessions.h"

#include <string.h>
#include <windows.h>
/* after windows.h */
#include <lm.h>

#include "witness.h"

#define SESSIONS_LIMIT 64

static SRWLOCK lock = SRWLOCK_INIT;
static struct {
    wchar_t remote[128];
    wchar_t username[64];
} sessions[SESSIONS_LIMIT];

/* With the lock held; a free place for an empty name. */
static int find(const wchar_t *remote) {
    for (int i = 0; i < SESSIONS_LIMIT; i++)
        if (_wcsicmp(sessions[i].remote, remote) == 0)
            return i;
    return -1;
}

DWORD status_of_reaching(const wchar_t *unc) {
    static const struct {
        const wchar_t *name;
        DWORD status;
    } servers[] = {{L"\\\\closed", ERROR_CONNECTION_REFUSED},
                   {L"\\\\nowhere", ERROR_BAD_NETPATH},
                   {L"\\\\no.such.host.invalid", ERROR_BAD_NETPATH}};
    for (size_t i = 0; unc && i < sizeof servers / sizeof *servers; i++) {
        size_t length = wcslen(servers[i].name);
        if (_wcsnicmp(unc, servers[i].name, length) == 0 && wcschr(L"\\", unc[length]))
            return servers[i].status;
    }
    return NERR_Success;
}

static DWORD judge(const USE_INFO_2 *use) {
    if (wcscmp(use->ui2_username, L"carol") == 0)
        return ERROR_ACCOUNT_DISABLED;
    if (wcscmp(use->ui2_username, L"auditor") != 0 && wcscmp(use->ui2_username, L"alice") != 0)
        return ERROR_LOGON_FAILURE;
    return wcscmp(use->ui2_password, L"Corr3ct-horse") == 0 ? NERR_Success : ERROR_LOGON_FAILURE;
}

NET_API_STATUS WINAPI NetUseAdd(LMSTR server, DWORD level, LPBYTE buffer, LPDWORD error) {
    const USE_INFO_2 *use = (const void *)buffer;
    (void)error;
    if (server || level != 2 || use->ui2_local || use->ui2_asg_type != USE_IPC)
        return ERROR_INVALID_PARAMETER;
    DWORD reached = status_of_reaching(use->ui2_remote);
    if (reached != NERR_Success)
        return reached;
    witness_logon();
    if (_wcsicmp(use->ui2_remote, L"\\\\slow\\IPC$") == 0)
        witness_hang();
    DWORD status = judge(use);
    if (status != NERR_Success)
        return status;
    AcquireSRWLockExclusive(&lock);
    int place = find(use->ui2_remote) >= 0 ? -1 : find(L"");
    if (place >= 0) {
        wcsncpy(sessions[place].remote, use->ui2_remote, 127);
        wcsncpy(sessions[place].username, use->ui2_username, 63);
        witness_session(1);
    }
    ReleaseSRWLockExclusive(&lock);
    return place >= 0 ? NERR_Success : ERROR_SESSION_CREDENTIAL_CONFLICT;
}

NET_API_STATUS WINAPI NetUseDel(LMSTR server, LMSTR name, DWORD force) {
    (void)server;
    (void)force;
    AcquireSRWLockExclusive(&lock);
    int place = find(name);
    if (place >= 0) {
        sessions[place].remote[0] = 0;
        witness_session(-1);
    }
    ReleaseSRWLockExclusive(&lock);
    return place >= 0 ? NERR_Success : NERR_UseNotFound;
}

/* At "taken" somebody has a session already. */
NET_API_STATUS WINAPI NetUseGetInfo(LMSTR server, LMSTR name, DWORD level, LPBYTE *buffer) {
    (void)server;
    (void)level;
    AcquireSRWLockExclusive(&lock);
    bool there = find(name) >= 0 || _wcsicmp(name, L"\\\\taken\\IPC$") == 0;
    ReleaseSRWLockExclusive(&lock);
    if (!there)
        return NERR_UseNotFound;
    *buffer = witness_allocate(sizeof(USE_INFO_2));
    return NERR_Success;
}

bool session_is_of(const wchar_t *servername, const wchar_t *username) {
    wchar_t remote[128] = L"";
    if (!servername || wcslen(servername) > 100)
        return false;
    wcscat(wcscpy(remote, servername), L"\\IPC$");
    AcquireSRWLockExclusive(&lock);
    int place = find(remote);
    bool is_of = place >= 0 && wcscmp(sessions[place].username, username) == 0;
    ReleaseSRWLockExclusive(&lock);
    return is_of;
}
