/* A service and its network in the place of transfer.c and transfer_loop.c: requests are answered
 * from the fuzzer's bytes, in a time that passes as fast as it is waited for. */
#ifndef ROLLCALL_FUZZ_SERVICE_H
#define ROLLCALL_FUZZ_SERVICE_H

#include <lua.h>

/* answer_with(bytes): the answers of the requests to come, as `curl -i` shows them, with a zero
 * byte between them. Where one is empty nothing comes in time; "interrupt" and "impossible" are
 * what a wait may come to, and "no transfer" and "no request" for what there is no memory. After
 * the last, no connection can be made. [-1, +0, m] */
int service_answer_with(lua_State *L);

/* was_asked(): how often it was asked since then to end a session, and the status of the last
 * answer, or 0.
 * [-0, +2, -] */
int service_was_asked(lua_State *L);

#endif
