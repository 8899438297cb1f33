/* A host whose console is closed while its script runs, as Windows does that: the handlers are
 * called on a thread of its own, and when they are through the process is ended.
 *
 *     closing SCRIPT      exit code 0 if the script came to its end first */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <windows.h>

#define ENDED_BY_WINDOWS 9

static DWORD WINAPI close_console(void *argument) {
    HMODULE library = GetModuleHandleW(L"kernelbase.dll");
    LPTHREAD_START_ROUTINE call_handlers =
        library ? (LPTHREAD_START_ROUTINE)(void (*)(void))GetProcAddress(library, "CtrlRoutine")
                : NULL;
    (void)argument;
    if (!call_handlers)
        ExitProcess(4);
    Sleep(300);
    call_handlers((void *)(ULONG_PTR)CTRL_CLOSE_EVENT);
    ExitProcess(ENDED_BY_WINDOWS);
}

int main(int count, char **arguments) {
    lua_State *L = luaL_newstate();
    if (count != 2 || !L || !CreateThread(NULL, 0, close_console, NULL, 0, NULL))
        return 2;
    luaL_openlibs(L);
    if (luaL_dofile(L, arguments[1]) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 3;
    }
    lua_close(L);
    return 0;
}
