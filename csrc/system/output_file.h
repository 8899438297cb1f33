/* A file that is written as a whole: beside its place, under a name that nobody can guess, and put
 * there in the end. What is no regular file, such as a device or a FIFO, is written where it is. */
#ifndef ROLLCALL_OUTPUT_FILE_H
#define ROLLCALL_OUTPUT_FILE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#define OUTPUT_NAME_SIZE 32
#define OUTPUT_PROBLEM_SIZE 256

struct output_handles;

/* What is for one system; each function returns false with `problem` filled. A file that is new is
 * `private_file` where nobody else may read or write it. */
struct output_handles *output_handles_new(void);
bool output_open(struct output_handles *handles, const char *path, bool private_file,
                 char *problem);
bool output_put(struct output_handles *handles, const char *bytes, size_t length, char *problem);
bool output_finish(struct output_handles *handles, char *problem);
/* Closes what is open, and removes what was not finished. May be called again, and with NULL. */
void output_discard(struct output_handles *handles);

/* Lua: rollcall.system.output_file, see lua/rollcall/meta/system.lua. */
int output_file_new(lua_State *L);

/* [-0, +0, m] */
void output_file_register(lua_State *L);

#endif
