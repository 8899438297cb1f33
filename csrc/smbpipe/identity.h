/* Whom this process logs on as: one identity in its life. libsmbclient and Kerberos keep in a
 * process what they logged on with, in places of which not all are known, so whoever comes next
 * gets a process that knows of nobody. */
#ifndef ROLLCALL_IDENTITY_H
#define ROLLCALL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smb/frame.h"

/* Keeps the environment as it is now, for begin_anew. To be called first. */
void identity_keep_environment(void);

/* True if the logon is by the credentials of the first one, or is itself the first. */
bool identity_is_same(const struct frame_logon *logon);

/* What tells its credentials from all others', with them. */
const uint8_t *identity_bytes(size_t *length);

/* Replaces this process by a new one of the same program, number and module, which first reads the
 * `length` bytes of this frame. Returns, with the errno, only if that cannot be done. */
int identity_begin_anew(int module, const uint8_t *frame, size_t length);

/* The descriptor that the frame is read from in a process that began so. */
#define IDENTITY_FRAME 1

#endif
