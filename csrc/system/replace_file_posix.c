#define _POSIX_C_SOURCE 200809L

#include "system/replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* What is written must be on the disk before its name is: else a power failure could leave the name
 * of a whole file with nothing in it. */
static bool put_in_place(const char *from, const char *to) {
    int file = open(from, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool written = fsync(file) == 0 || errno == EINVAL; /* what is no file on a disk */
    int problem = errno;
    close(file);
    errno = problem;
    return written && rename(from, to) == 0;
}

int replace_file(lua_State *L) {
    const char *from = luaL_checkstring(L, 1);
    const char *to = luaL_checkstring(L, 2);
    return luaL_fileresult(L, put_in_place(from, to), to);
}
