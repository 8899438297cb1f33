/* A wait for descriptors, as an on_wait should do it. */
#ifndef ROLLCALL_WAIT_H
#define ROLLCALL_WAIT_H

#include <lua.h>

/* wait(waits): the seconds that it waited for what waits_push gave. [-1, +1, e] */
int wait_for(lua_State *L);

#endif
