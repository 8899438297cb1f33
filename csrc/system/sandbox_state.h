/* What the files of a sandbox share: what is left of its bounds, and the counting against them. */
#ifndef ROLLCALL_SANDBOX_STATE_H
#define ROLLCALL_SANDBOX_STATE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Userdata of the host. Its state is closed with it. */
struct sandbox {
    lua_State *guest;
    lua_State *host;               /* while the guest runs: who called it */
    const char *where;             /* what such files are called: "policy files" */
    lua_Integer instructions;      /* that a call may take */
    lua_Integer instructions_left; /* of the call that is under way */
    size_t bytes_left;             /* that the guest may still allocate */
    size_t handed_left;            /* bytes that it may still hand to the words of the host */
    int64_t deadline;              /* of the call that is under way; 0 until the clock is read */
    lua_Integer entries;           /* numbers the calls into the guest */
    lua_Integer entry;             /* the innermost call that is under way; 0: none */
    lua_Integer loading;           /* the call that runs the file */
    int depth;
    const void *object_metatable;
    bool closing;
    lua_CFunction call_function; /* of the host: calls a function of the guest */
};

/* Where the function that runs a file keeps these in its frame on the host's stack. */
#define SANDBOX_VOCABULARY 3
#define SANDBOX_SELF 4
#define SANDBOX_OBJECTS 5 /* a list: what the words have given to the file */

/* An object of the host as the guest has it: it can be read, and handed back, while the call lasts
 * in which the guest got it. */
struct object {
    lua_Integer entry;
    int number; /* of the argument, or in the file's table of objects */
};

/* A Lua state with the sandbox's bounds, and nothing in it; NULL without memory. */
lua_State *sandbox_new_guest(struct sandbox *sandbox);

/* [-0, +0, -] */
struct sandbox *sandbox_of(lua_State *guest);

/* [-0, +0, v] Counts work of a function of the library against the call's instructions, and raises
 * when they are used up. */
void sandbox_charge(lua_State *guest, size_t steps);

#endif
