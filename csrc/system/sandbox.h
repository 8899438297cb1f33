/* A Lua state of its own for what users declare: inventories, policies and their functions. It has
 * its own memory, its own library and no way to the state that it was made from, the host, but the
 * words that the host gives it and the rows that a function of it is called with. */
#ifndef ROLLCALL_SANDBOX_H
#define ROLLCALL_SANDBOX_H

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

/* Lua: run_sandboxed(text, name, vocabulary, where, instructions, bytes): true, or nil and what is
 * wrong. [-6, +1|2, v] */
int sandbox_run(lua_State *L);

/* [-0, +0, -] */
struct sandbox *sandbox_of(lua_State *guest);

/* [-0, +0, v] Counts work of a function of the library against the call's instructions, and raises
 * when they are used up. */
void sandbox_charge(lua_State *guest, size_t steps);

/* [-0, +1, e] Pushes the host closure that calls the guest's function of that number: its label is
 * FILE:LINE, and it goes to the last line. */
void sandbox_push_function(lua_State *host, int self, lua_Integer number, const char *label,
                           int last_line);

/* sandbox_copy.c: values that cross. */

/* [-0, +0, e] Makes sure that the host can copy a value of the guest without the guest raising. */
void sandbox_prepare(lua_State *guest, int index);

/* [-0, +1, e] Pushes on the host a copy of a prepared value of the guest. `self` is where the
 * sandbox is on the host's stack, `objects` where the file's objects are; 0: objects are arguments,
 * and those are there as well. */
void sandbox_copy_out(lua_State *host, int self, int objects, lua_State *guest, int index);

/* [-0, +1, m] Pushes on the guest a copy of a value on the host's stack. Functions become nil. */
void sandbox_copy_in(lua_State *guest, lua_State *host, int index);

/* [-0, +1, m] Pushes the object of that number. */
void sandbox_push_object(lua_State *guest, int number);

/* [-0, +0, m] Makes what objects of the host are read by. */
void sandbox_register_objects(lua_State *guest);

/* sandbox_words.c */

/* [-0, +1, m] Pushes the globals of the guest: its library, and the words of the vocabulary on the
 * host's stack. */
void sandbox_push_globals(lua_State *guest);

/* [-0, +0, m] sandbox_library.c: puts the library into the table at the top. */
void sandbox_add_library(lua_State *guest);

/* [-0, +0, m] sandbox_patterns.c: puts find, match, gmatch and gsub there. */
void sandbox_add_patterns(lua_State *guest);

#endif
