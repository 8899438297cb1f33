/* Who a logon by Kerberos is for, by the Kerberos library that libsmbclient brings, whichever it
 * is. */
#ifndef ROLLCALL_KERBEROS_H
#define ROLLCALL_KERBEROS_H

#include <stdbool.h>
#include <stddef.h>

#include "smb/frame.h"

#define KERBEROS_NAME_LIMIT 1024

/* Writes the principal that the logon's user name and domain mean. False if that cannot be said:
 * then `failure` says why. */
bool kerberos_principal(const struct frame_logon *logon, char name[KERBEROS_NAME_LIMIT],
                        struct frame_failure *failure);

/* Makes the cache that has this principal's tickets the one that is used. False if there is none.
 */
bool kerberos_choose_tickets(const char *principal, struct frame_failure *failure);

/* The name of the cache of tickets in use, and whether it can be read: then also whose it is. */
bool kerberos_tickets(char cache[KERBEROS_NAME_LIMIT], char principal[KERBEROS_NAME_LIMIT]);

/* Fills in the failure that there is no ticket in the cache. */
void kerberos_say_no_ticket(struct frame_failure *failure, const char *cache);

#endif
