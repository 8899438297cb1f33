#include "system/signals.h"

#include <lauxlib.h>
#include <signal.h>
#include <windows.h>

/* Windows tells of these on a thread of its own. */
static volatile LONG first_caught;
static HANDLE caught;

static int number_of(DWORD event) {
    switch (event) {
    case CTRL_C_EVENT:
        return SIGINT;
    case CTRL_BREAK_EVENT:
        return SIGBREAK;
    default: /* the console is closed, the user logs off, the computer shuts down */
        return SIGTERM;
    }
}

static BOOL WINAPI note(DWORD event) {
    InterlockedCompareExchange(&first_caught, number_of(event), 0);
    SetEvent(caught);
    return TRUE;
}

int signals_catch(lua_State *L) {
    if (caught)
        return 0;
    caught = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!caught || !SetConsoleCtrlHandler(note, TRUE))
        return luaL_error(L, "signals cannot be caught");
    /* for as long as Windows may call it */
    HMODULE library;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(const void *)&caught, &library);
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
    DWORD milliseconds = (DWORD)(seconds * 1000);
    if (caught)
        WaitForSingleObject(caught, milliseconds);
    else
        Sleep(milliseconds);
    lua_pushboolean(L, !first_caught);
    return 1;
}
