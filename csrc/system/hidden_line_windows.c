#include "system/hidden_line.h"

#include <stdio.h>
#include <windows.h>

#include "base/utf16.h"

#define UNITS (HIDDEN_LINE_LIMIT / 3)

/* Windows reports an interrupt on a thread of its own, and the read ends empty. */
static enum hidden_line read_units(HANDLE console, wchar_t units[UNITS], DWORD *count) {
    SetLastError(ERROR_SUCCESS);
    if (!ReadConsoleW(console, units, UNITS, count, NULL))
        return HIDDEN_LINE_NOBODY;
    if (*count == 0)
        return GetLastError() == ERROR_OPERATION_ABORTED ? HIDDEN_LINE_INTERRUPTED
                                                         : HIDDEN_LINE_NOBODY;
    if (units[*count - 1] != L'\n') {
        FlushConsoleInputBuffer(console);
        return HIDDEN_LINE_TOO_LONG;
    }
    while (*count > 0 && (units[*count - 1] == L'\n' || units[*count - 1] == L'\r'))
        --*count;
    return HIDDEN_LINE_TYPED;
}

enum hidden_line hidden_line_read(const char *prompt, char line[HIDDEN_LINE_LIMIT],
                                  size_t *length) {
    wchar_t units[UNITS];
    DWORD count = 0;
    DWORD mode;
    HANDLE console = GetStdHandle(STD_INPUT_HANDLE);
    *length = 0;
    if (!GetConsoleMode(console, &mode) ||
        !SetConsoleMode(console, (mode | ENABLE_LINE_INPUT | ENABLE_PROCESSED_INPUT) &
                                     ~(DWORD)ENABLE_ECHO_INPUT))
        return HIDDEN_LINE_NOBODY;
    fputs(prompt, stderr);
    fflush(stderr);
    enum hidden_line result = read_units(console, units, &count);
    SetConsoleMode(console, mode);
    fputs("\n", stderr);
    if (result == HIDDEN_LINE_TYPED)
        *length = utf16_to_utf8((const uint8_t *)units, count, line);
    SecureZeroMemory(units, sizeof units);
    return result;
}
