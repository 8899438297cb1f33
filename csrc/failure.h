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

/* A failure of something that was asked for over HTTP. Empty texts are not known. */
struct http_failure {
    const char *stage; /* what was being done; a string constant */
    long status;       /* 0 if no answer came */
    char code[96];
    char message[512];
    char request_id[128];
};

/* Fills in a failure whose name is that of the status, and whose message is the status in words
 * and, where `detail` is not empty, what else is known. */
void failure_set(struct failure *failure, const char *stage, uint32_t status, const char *detail);

/* [-0, +1, m] Pushes the failure as an error object of `source` about `target`. */
void failure_push(lua_State *L, const struct failure *failure, const char *source,
                  const char *target);

/* [-1, +1, m] Replaces the user name on top of the stack, or nil, by the failure as an error object
 * of the Workspace service about `target`, which is that user where there is one. */
void failure_push_http(lua_State *L, const struct http_failure *failure, const char *target);

/* Lua: rollcall.workspace.core.failure, see lua/rollcall/meta/workspace_core.lua. */
int failure_new(lua_State *L);

/* [-0, +0, m] Makes the metatable of the error objects. */
void failure_register(lua_State *L);

#endif
