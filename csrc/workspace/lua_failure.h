/* A failed request to the service as an error object. */
#ifndef ROLLCALL_LUA_FAILURE_H
#define ROLLCALL_LUA_FAILURE_H

#include <lua.h>

#include "workspace/http_failure.h"

/* [-1, +1, m] Replaces the user name on top of the stack, or nil, by the failure as an error object
 * of the Workspace service about `target`, which is that user where there is one. */
void http_failure_push(lua_State *L, const struct http_failure *failure, const char *target);

/* is_refusal(failure): whether it is the credentials that were refused. [-0, +1, e] */
int http_failure_tell_refusal(lua_State *L);

#endif
