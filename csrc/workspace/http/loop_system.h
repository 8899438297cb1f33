/* What of a loop is another on each system: how it waits. loop.c does the rest. */
#ifndef ROLLCALL_LOOP_SYSTEM_H
#define ROLLCALL_LOOP_SYSTEM_H

#include <curl/curl.h>

#include "workspace/http/loop.h"

struct loop_system;

/* Makes one with a multi handle of libcurl's in it. Returns 0 or an errno. */
int loop_system_new(struct loop_system **made);

/* Takes NULL as well. */
void loop_system_free(struct loop_system *system);

CURLM *loop_system_multi(const struct loop_system *system);

/* The descriptor that can be read when a turn is worth while; -1 where there is none. */
int loop_system_descriptor(const struct loop_system *system);

/* It reports time that is over only while it is watched. Returns 0 or an errno. */
int loop_system_watched(struct loop_system *system, bool watched);

/* Waits for so many milliseconds at most, below 0 for ever. */
enum transfer_loop_turn loop_system_wait(struct loop_system *system, int64_t milliseconds);

/* Does what can be done. False if nothing can be done any more. */
bool loop_system_act(struct loop_system *system);

/* Calls the function so that a connection which the server has closed cannot end the program. */
void loop_system_quietly(void (*work)(void *with), void *with);

/* For transfer.c: children of the program do not get the handle's sockets. False if libcurl
 * refuses.
 */
bool loop_system_keep_sockets(CURL *easy);

#endif
