/* One ticket-granting ticket for all workers that log on by the same password: the first one asks
 * the KDC for it, and hands it to the module, which gives it to the others. */
#ifndef ROLLCALL_INTERPOSE_TICKET_H
#define ROLLCALL_INTERPOSE_TICKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `got` is called with what the KDC gave for a password, to be handed to workers of this identity.
 */
void interpose_ticket(void (*got)(const uint8_t *bytes, size_t length));

/* What the module has of it, for the next logon alone; `length` may be 0. A ticket that is not of
 * this identity and principal is left alone. */
void ticket_offer(const uint8_t *bytes, size_t length);

/* Whether the logon was by what was offered. */
bool ticket_was_used(void);

/* To be called before a logon, and after: nothing is offered. If `asks_anew`, nothing can be until
 * the next call. */
void ticket_forget(bool asks_anew);

#endif
