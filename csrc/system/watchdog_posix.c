#define _XOPEN_SOURCE 700

#include "system/watchdog.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "system/full_screen.h"

static void tick(int signal_number) {
    (void)signal_number;
    watchdog_tick();
}

/* By processor time in user mode: so no wait is ever interrupted by it. */
void watchdog_start_ticking(lua_State *L) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = tick;
    action.sa_flags = SA_RESTART;
    struct itimerval every_second = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}};
    if (sigaction(SIGVTALRM, &action, NULL) || setitimer(ITIMER_VIRTUAL, &every_second, NULL))
        luaL_error(L, "cannot start a timer");
}

void watchdog_end_process(const char *message) {
    full_screen_restore();
    ssize_t written = write(STDERR_FILENO, message, strlen(message));
    (void)written;
    _exit(3);
}
