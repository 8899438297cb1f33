/* For spec/hardening/apicheck: what a failing check does. With CARELESS: a module that fails one.
 */
#if defined(CARELESS)

#include <lua.h>

int luaopen_careless(lua_State *L);

int luaopen_careless(lua_State *L) {
    for (int i = 0; i < 2 * LUA_MINSTACK; i++)
        lua_pushnil(L);
    return 0;
}

#else

#define _GNU_SOURCE

#include "apicheck.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 32

/* Whether a library of the system's called into Lua. Theirs is theirs: lua-zlib moves its buffers.
 */
static bool is_of_system(void *const *frames, int count) {
    Dl_info here, caller;
    dladdr(frames[0], &here);
    for (int i = 1; i < count; i++)
        if (dladdr(frames[i], &caller) && caller.dli_fbase != here.dli_fbase)
            return strncmp(caller.dli_fname, "/usr/lib/", strlen("/usr/lib/")) == 0;
    return false;
}

void apicheck_failed(const char *condition, const char *file, int line) {
    char path[4096];
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES);
    if (is_of_system(frames, count))
        return;
    snprintf(path, sizeof path, "%s/%ld", getenv("APICHECK_REPORTS"), (long)getpid());
    FILE *report = fopen(path, "w");
    if (report) {
        fprintf(report, "%s:%d: %s\n", file, line, condition);
        fflush(report);
        backtrace_symbols_fd(frames, count, fileno(report));
        fclose(report);
    }
    abort(); /* nobody may see what is written to standard error */
}

#endif
