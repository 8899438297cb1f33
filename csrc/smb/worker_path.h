/* Where the worker program is: beside this library. */
#ifndef ROLLCALL_WORKER_PATH_H
#define ROLLCALL_WORKER_PATH_H

#include <lua.h>

/* [-0, +0, e] The program's path; it lives as long as the Lua state. */
const char *worker_program(lua_State *L);

#endif
