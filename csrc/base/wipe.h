/* Forgetting what was secret. */
#ifndef ROLLCALL_WIPE_H
#define ROLLCALL_WIPE_H

#include <stddef.h>

/* Writes zeros that no compiler leaves out, though nothing reads them. */
static inline void wipe(void *bytes, size_t length) {
    volatile unsigned char *at = bytes;
    while (length-- > 0)
        *at++ = 0;
}

#endif
