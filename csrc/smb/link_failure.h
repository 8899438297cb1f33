/* Why a link to a server failed. No Lua. */
#ifndef ROLLCALL_LINK_FAILURE_H
#define ROLLCALL_LINK_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

struct link_failure {
    const char *stage; /* what was being done; a string constant */
    const char *name;  /* of `code`; a string constant */
    uint32_t code;
    bool refused; /* the user name or the password */
    char message[512];
};

/* Fills in a failure whose name is that of the status, and whose message is the status in words
 * and, where `detail` is not empty, what else is known. */
void link_failure_set(struct link_failure *failure, const char *stage, uint32_t status,
                      const char *detail);

#endif
