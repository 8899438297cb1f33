/* The one error object: as a struct where C makes it, as a table where Lua sees it. */
#ifndef ROLLCALL_FAILURE_H
#define ROLLCALL_FAILURE_H

#include <stdint.h>

typedef struct lua_State lua_State;

struct failure {
    const char *stage; /* what was being done; a string constant */
    const char *name;  /* of `code`; a string constant */
    uint32_t code;
    char message[512];
};

/* Fills in a failure whose name is that of the status, and whose message is the status in words
 * and, where `detail` is not empty, what else is known. */
void failure_set(struct failure *failure, const char *stage, uint32_t status, const char *detail);

/* [-0, +1, m] Pushes the failure as an error object of `source` about `target`. */
void failure_push(lua_State *L, const struct failure *failure, const char *source,
                  const char *target);

/* [-0, +0, m] Makes the metatable of the error objects. */
void failure_register(lua_State *L);

#endif
