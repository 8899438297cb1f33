/* SMB3 encryption, which libsmbclient has an option for and does not do: Samba 4.17 signs whatever
 * smbc_setOptionSmbEncryptionLevel asks for, and encrypts only where the server insists. */
#ifndef ROLLCALL_INTERPOSE_ENCRYPTION_H
#define ROLLCALL_INTERPOSE_ENCRYPTION_H

#include <stdbool.h>

/* To be called before a logon. */
void encryption_forget(void);

/* Whether the session of the last logon is encrypted. */
bool encryption_is_on(void);

#endif
