/* The globals of a sandbox. */
#ifndef ROLLCALL_SANDBOX_WORDS_H
#define ROLLCALL_SANDBOX_WORDS_H

#include <lua.h>

/* [-0, +1, m] Pushes the globals of the guest: its library, and the words of the vocabulary on the
 * host's stack. */
void sandbox_push_globals(lua_State *guest);

#endif
