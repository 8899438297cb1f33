/* A ticket that is kept in memory, and wiped from it. */
#ifndef ROLLCALL_KEPT_TICKET_H
#define ROLLCALL_KEPT_TICKET_H

#include "smb/frame.h"

struct kept_ticket {
    uint8_t *bytes; /* NULL: none */
    size_t length;
};

/* Keeps a copy in place of what was kept; without memory, or of none, nothing. */
void kept_ticket_set(struct kept_ticket *kept, struct frame_ticket ticket);

void kept_ticket_forget(struct kept_ticket *kept);

#endif
