#define _GNU_SOURCE

#include "system/broken_pipe_posix.h"

#include <errno.h>
#include <time.h>

#include "system/broken_pipe.h"

static sigset_t only_sigpipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

/* Blocked for this thread alone, not ignored: that would also be so in a host's other threads, and
 * in every program that is started. */
void broken_pipe_hold(struct broken_pipe *before) {
    sigset_t set = only_sigpipe();
    sigpending(&before->pending);
    pthread_sigmask(SIG_BLOCK, &set, &before->mask);
}

void broken_pipe_release(const struct broken_pipe *before) {
    int error = errno;
    sigset_t set = only_sigpipe();
    const struct timespec at_once = {0};
    if (!sigismember(&before->pending, SIGPIPE))
        while (sigtimedwait(&set, NULL, &at_once) < 0 && errno == EINTR) {
        }
    pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
    errno = error;
}

int broken_pipe_call(lua_State *L) {
    struct broken_pipe before;
    broken_pipe_hold(&before);
    int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
    broken_pipe_release(&before);
    return status == LUA_OK ? lua_gettop(L) : lua_error(L);
}
