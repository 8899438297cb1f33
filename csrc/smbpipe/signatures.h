/* Whether Samba's libraries are what interpose_*.c takes them for. */
#ifndef ROLLCALL_SIGNATURES_H
#define ROLLCALL_SIGNATURES_H

#include <stdbool.h>

/* For the build: prints what is not as expected. */
bool signatures_check(void);

#endif
