#include "system/watchdog.h"

#include <lauxlib.h>
#include <string.h>
#include <windows.h>

static void CALLBACK tick(void *context, BOOLEAN fired) {
    (void)context;
    (void)fired;
    watchdog_tick();
}

void watchdog_start_ticking(lua_State *L) {
    static HANDLE timer;
    if (!timer && !CreateTimerQueueTimer(&timer, NULL, tick, NULL, 1000, 1000, WT_EXECUTEDEFAULT))
        luaL_error(L, "cannot start a timer");
}

void watchdog_end_process(const char *message) {
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), message, (DWORD)strlen(message), &written, NULL);
    TerminateProcess(GetCurrentProcess(), 3);
}
