#include "system/terminal.h"

#include <fcntl.h>
#include <io.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#ifndef ENABLE_VIRTUAL_TERMINAL_PROCESSING
#define ENABLE_VIRTUAL_TERMINAL_PROCESSING 4
#endif

/* The console as it was, for when this program ends. */
static struct {
    UINT code_page;
    DWORD mode[2];
    bool changed[2];
} before;

static HANDLE output(int index) {
    return GetStdHandle(index == 0 ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
}

int terminal_width(lua_State *L) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    lua_Integer descriptor = luaL_optinteger(L, 1, 1);
    luaL_argcheck(L, descriptor == 1 || descriptor == 2, 1, "not an output");
    if (GetConsoleScreenBufferInfo(output(descriptor == 1 ? 0 : 1), &info))
        lua_pushinteger(L, info.srWindow.Right - info.srWindow.Left + 1);
    else
        lua_pushnil(L);
    return 1;
}

int terminal_is_terminal(lua_State *L) {
    static const DWORD names[] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    lua_Integer descriptor = luaL_checkinteger(L, 1);
    DWORD mode;
    lua_pushboolean(L, descriptor >= 0 && descriptor <= 2 &&
                           GetConsoleMode(GetStdHandle(names[descriptor]), &mode));
    return 1;
}

/* At exit, when nothing of Lua is there any more. */
static void restore_console(void) {
    for (int i = 0; i < 2; i++)
        if (before.changed[i])
            SetConsoleMode(output(i), before.mode[i]);
    SetConsoleOutputCP(before.code_page);
}

int terminal_prepare_streams(lua_State *L) {
    bool is_console = false;
    fflush(stdout);
    _setmode(_fileno(stdout), _O_BINARY);
    for (int i = 0; i < 2; i++) {
        if (before.changed[i] || !GetConsoleMode(output(i), &before.mode[i]))
            continue;
        is_console = true;
        before.changed[i] = true;
        SetConsoleMode(output(i), before.mode[i] | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
    }
    if (is_console) {
        before.code_page = GetConsoleOutputCP();
        SetConsoleOutputCP(CP_UTF8);
        atexit(restore_console);
    }
    lua_pushboolean(L, true);
    return 1;
}
