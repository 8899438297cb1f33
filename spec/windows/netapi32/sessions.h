#ifndef STAND_IN_SESSIONS_H
#define STAND_IN_SESSIONS_H

#include <stdbool.h>
#include <wchar.h>
#include <windows.h>

/* What Windows says when it looks for the server in \\server or \\server\share. */
DWORD status_of_reaching(const wchar_t *unc);

/* Whether there is a session to the server, and it is this user's. */
bool session_is_of(const wchar_t *servername, const wchar_t *username);

#endif
