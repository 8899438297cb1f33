#define _GNU_SOURCE

#include "system/signals.h"

#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <signal.h>
#include <sys/select.h>
#include <time.h>

static const int caught_signals[] = {SIGTERM, SIGINT, SIGHUP};
#define COUNT (sizeof caught_signals / sizeof caught_signals[0])

static volatile sig_atomic_t first_caught;

static void note(int number) {
    if (!first_caught)
        first_caught = number;
}

int signals_catch(lua_State *L) {
    struct sigaction action = {.sa_handler = note};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT; i++) {
        if (sigaction(caught_signals[i], &action, NULL) != 0)
            return luaL_error(L, "signals cannot be caught");
    }
    return 0;
}

int signals_caught(lua_State *L) {
    if (first_caught)
        lua_pushinteger(L, first_caught);
    else
        lua_pushnil(L);
    return 1;
}

int signals_sleep(lua_State *L) {
    lua_Number seconds = luaL_checknumber(L, 1);
    luaL_argcheck(L, seconds >= 0 && seconds <= 1e6, 1, "must be from 0 to a million seconds");
    struct timespec time = {(time_t)seconds, (long)(fmod(seconds, 1.0) * 1e9)};
    sigset_t blocked, before;
    sigemptyset(&blocked);
    for (size_t i = 0; i < COUNT; i++)
        sigaddset(&blocked, caught_signals[i]);
    /* Blocked outside pselect, so that none slips in between the look and the sleep. */
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    if (!first_caught)
        pselect(0, NULL, NULL, NULL, &time, &before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    lua_pushboolean(L, !first_caught);
    return 1;
}
