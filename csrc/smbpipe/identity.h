/* Whom this process logs on as: one identity in its life. libsmbclient and Kerberos keep in a
 * process what they logged on with, in places of which not all are known, so whoever comes next
 * gets another process. */
#ifndef ROLLCALL_IDENTITY_H
#define ROLLCALL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smb/frame.h"

/* True if the logon is by the credentials of the first one, or is itself the first. */
bool identity_is_same(const struct frame_logon *logon);

/* What tells its credentials from all others', with them. */
const uint8_t *identity_bytes(size_t *length);

#endif
