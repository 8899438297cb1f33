#define _GNU_SOURCE

#include "system/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"

#define FILE_LIMIT 65536

/* Returns the length of what was read into `content`, or -1 with `*problem` set. */
static ssize_t read_private(int file, char *content, const char **problem) {
    struct stat status;
    *problem = NULL;
    if (fstat(file, &status) != 0)
        return -1;
    if (!S_ISREG(status.st_mode))
        *problem = "is not a regular file";
    else if (status.st_uid != geteuid() && status.st_uid != 0)
        *problem = "belongs to somebody else";
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        *problem = "can be read or written by others (chmod 600 mends that)";
    else if (status.st_size > FILE_LIMIT)
        *problem = "is larger than 64 KiB";
    if (*problem)
        return -1;
    size_t length = 0;
    while (length < FILE_LIMIT) {
        ssize_t got = read(file, content + length, FILE_LIMIT - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -1 : (ssize_t)length;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

int private_file_read(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    const char *problem = NULL;
    char *content = lua_newuserdatauv(L, FILE_LIMIT, 0);
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = file < 0 ? -1 : read_private(file, content, &problem);
    int error = errno;
    if (file >= 0)
        close(file);
    if (length < 0) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: %s", path, problem ? problem : strerror(error));
        return 2;
    }
    lua_pushlstring(L, content, (size_t)length);
    wipe(content, FILE_LIMIT);
    return 1;
}
