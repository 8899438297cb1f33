#include "system/watchdog.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

/* Read where a signal handler or another thread runs: pointers and integers that are whole at any
 * time, and nothing else. */
static const char *volatile current;
static volatile unsigned int calls;
static volatile unsigned int limit;

struct watched watchdog_enter(const char *label) {
    struct watched before = {.label = current};
    current = label;
    calls++;
    return before;
}

void watchdog_leave(struct watched before) {
    current = before.label;
    calls++;
}

static void append(char *message, size_t size, const char *text) {
    size_t length = strlen(message);
    size_t room = size - 1 - length;
    size_t count = strlen(text);
    if (count > room)
        count = room;
    memcpy(message + length, text, count);
    message[length + count] = 0;
}

void watchdog_tick(void) {
    static unsigned int seen, ticks;
    const char *label = current;
    if (!label || calls != seen) {
        seen = calls;
        ticks = 0;
        return;
    }
    if (++ticks < limit)
        return;
    char message[400] = "rollcall: ";
    append(message, sizeof message - 60, label);
    append(message, sizeof message, ": could not be stopped, so the program ends\n");
    watchdog_end_process(message);
}

int watchdog_start(lua_State *L) {
    lua_Integer seconds = luaL_checkinteger(L, 1);
    luaL_argcheck(L, seconds > 0 && seconds <= 3600, 1, "must be from 1 to 3600");
    limit = (unsigned int)seconds;
    watchdog_start_ticking(L);
    return 0;
}
