/* A Lua state of its own for what users declare: inventories, policies and their functions. It has
 * its own memory, its own library and no way to the state that it was made from, the host, but the
 * words that the host gives it and the rows that a function of it is called with. */
#ifndef ROLLCALL_SANDBOX_H
#define ROLLCALL_SANDBOX_H

#include <lua.h>

/* Lua: run_sandboxed(text, name, vocabulary, where, instructions, bytes): true, or nil and what is
 * wrong. [-6, +1|2, v] */
int sandbox_run(lua_State *L);

#endif
