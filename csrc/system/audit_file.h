/* A file that lines are put at the end of, each on the disk before the call returns. */
#ifndef ROLLCALL_AUDIT_FILE_H
#define ROLLCALL_AUDIT_FILE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_PROBLEM_SIZE 256
#define AUDIT_CLOSED ((intptr_t)-1)

/* What is for one system; those that can fail return false with `problem` filled. `*is_broken` gets
 * whether what is there ends in the middle of a line. */
bool audit_open(intptr_t *file, const char *path, bool *is_broken, char *problem);
bool audit_put(intptr_t file, const char *bytes, size_t length, char *problem);
void audit_close(intptr_t file);

/* Lua: rollcall.system.audit_file, see lua/rollcall/meta/system.lua. */
int audit_file_new(lua_State *L);

/* [-0, +0, m] */
void audit_file_register(lua_State *L);

#endif
