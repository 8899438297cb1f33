#include "system/audit_file.h"

#include <stdio.h>
#include <windows.h>

static bool fail(char *problem) {
    DWORD error = GetLastError();
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        snprintf(problem, AUDIT_PROBLEM_SIZE, "No such file or directory");
    else if (error == ERROR_ACCESS_DENIED)
        snprintf(problem, AUDIT_PROBLEM_SIZE, "Permission denied");
    else
        snprintf(problem, AUDIT_PROBLEM_SIZE, "cannot be written (error %lu of Windows)", error);
    return false;
}

static bool ends_in_a_line(HANDLE file, bool *is_broken) {
    LARGE_INTEGER size, zero = {.QuadPart = 0}, last = {.QuadPart = -1};
    char byte = '\n';
    DWORD length;
    if (!GetFileSizeEx(file, &size))
        return false;
    if (size.QuadPart > 0 &&
        (!SetFilePointerEx(file, last, NULL, FILE_END) || !ReadFile(file, &byte, 1, &length, NULL)))
        return false;
    *is_broken = byte != '\n';
    return SetFilePointerEx(file, zero, NULL, FILE_END);
}

/* The name is what io.open takes, so it is in the program's own character set. */
bool audit_open(intptr_t *file, const char *path, bool *is_broken, char *problem) {
    HANDLE opened = CreateFileA(path, FILE_APPEND_DATA | FILE_READ_DATA | SYNCHRONIZE,
                                FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS,
                                FILE_ATTRIBUTE_NORMAL | FILE_FLAG_WRITE_THROUGH, NULL);
    if (opened == INVALID_HANDLE_VALUE)
        return fail(problem);
    if (GetFileType(opened) != FILE_TYPE_DISK) {
        CloseHandle(opened);
        snprintf(problem, AUDIT_PROBLEM_SIZE,
                 "is not a regular file, which would keep what is written");
        return false;
    }
    if (!ends_in_a_line(opened, is_broken)) {
        fail(problem);
        CloseHandle(opened);
        return false;
    }
    *file = (intptr_t)opened;
    return true;
}

bool audit_put(intptr_t file, const char *bytes, size_t length, char *problem) {
    DWORD written;
    if (WriteFile((HANDLE)file, bytes, (DWORD)length, &written, NULL) && written == length)
        return true;
    return fail(problem);
}

void audit_close(intptr_t file) {
    CloseHandle((HANDLE)file);
}
