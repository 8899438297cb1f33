/* The JSON of an answer: an object, what it says of a failure, its list of rows. */
#ifndef ROLLCALL_LUA_ANSWER_H
#define ROLLCALL_LUA_ANSWER_H

#include <lua.h>
#include <stdbool.h>

#include "base/plain_text.h"
#include "workspace/http/transfer.h"
#include "workspace/http_failure.h"

/* What is wrong with an answer, in string constants. */
struct answer_problem {
    const char *code;
    const char *message;
};

/* [-0, +1, e] For the waiter at index 1. Decodes the body with the function at `decode` and pushes
 * the object, its numbers as strings as they were written; or pushes nil and returns the problem:
 * it is empty, no JSON, or no object. */
const struct answer_problem *answer_push_object(lua_State *L, int decode,
                                                const struct transfer *transfer);

/* [-0, +0, m] Adds what the object at `index` says of a failure. False if it says nothing. */
bool answer_read_failure(lua_State *L, int index, struct http_failure *failure,
                         const struct secrets *secrets);

/* [-0, +(0|1), m] Pushes the list `name` of the object at `index` with its rows made clean: the
 * fields that the set at `fields` knows, as strings; null is nil. If it is no list of objects, or
 * the object has an error_code beside it, it pushes nothing and returns the problem. `*count` is
 * its length. */
const struct answer_problem *answer_push_rows(lua_State *L, int index, const char *name, int fields,
                                              lua_Integer *count);

#endif
