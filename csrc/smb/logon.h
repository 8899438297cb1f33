/* Logging on to a server as somebody else: a session to its IPC$ of our own, which every later call
 * to that server uses. Windows keeps one session to a server for all of a user's programs, so one
 * that is there is never replaced and never ended. Knows no Lua. */
#ifndef ROLLCALL_LOGON_H
#define ROLLCALL_LOGON_H

#include <stdbool.h>
#include <stdint.h>

struct logon;

/* Who wants to be logged on where; the texts are wiped and freed by logon_free_account. */
struct logon_account {
    wchar_t *remote; /* \\server\IPC$ */
    wchar_t *domain; /* may be NULL */
    wchar_t *username;
    wchar_t *password;
};

/* Blocks. Takes the account's texts over. On success `*logon` has a reference; it is shared between
 * all who ask for the same. Otherwise the status, and in `*was_there` whether that is because of a
 * session that is not ours. */
uint32_t logon_open(struct logon_account *account, struct logon **logon, bool *was_there);

struct logon *logon_retain(struct logon *logon);

/* Blocks if it was the last reference: ends the session. Does nothing for NULL. */
void logon_release(struct logon *logon);

void logon_free_account(struct logon_account *account);

#endif
