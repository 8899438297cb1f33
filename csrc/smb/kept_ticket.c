#include "smb/kept_ticket.h"

#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

void kept_ticket_forget(struct kept_ticket *kept) {
    if (kept->bytes)
        wipe(kept->bytes, kept->length);
    free(kept->bytes);
    *kept = (struct kept_ticket){NULL, 0};
}

void kept_ticket_set(struct kept_ticket *kept, struct frame_ticket ticket) {
    kept_ticket_forget(kept);
    kept->bytes = ticket.length > 0 ? malloc(ticket.length) : NULL;
    if (!kept->bytes)
        return;
    memcpy(kept->bytes, ticket.bytes, ticket.length);
    kept->length = ticket.length;
}
