#define _CRT_RAND_S

#include "system/output_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define ATTEMPTS 100

/* The names are what io.open takes, so they are in the program's own character set. */
struct output_handles {
    HANDLE file;
    bool replaces;         /* a file that is there */
    char target[MAX_PATH]; /* empty for what is written in place */
    char name[MAX_PATH];   /* the path of the temporary file, empty where there is none */
};

struct output_handles *output_handles_new(void) {
    struct output_handles *handles = calloc(1, sizeof *handles);
    if (handles)
        handles->file = INVALID_HANDLE_VALUE;
    return handles;
}

static bool fail(char *problem, const char *words) {
    snprintf(problem, OUTPUT_PROBLEM_SIZE, "%s", words);
    return false;
}

static bool fail_for(char *problem, DWORD error) {
    if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
        return fail(problem, "No such file or directory");
    if (error == ERROR_ACCESS_DENIED)
        return fail(problem, "Permission denied");
    snprintf(problem, OUTPUT_PROBLEM_SIZE, "cannot be written (error %lu of Windows)", error);
    return false;
}

static void close_file(struct output_handles *handles) {
    if (handles->file != INVALID_HANDLE_VALUE)
        CloseHandle(handles->file);
    handles->file = INVALID_HANDLE_VALUE;
}

static bool choose_name(struct output_handles *handles) {
    unsigned int first, second;
    size_t folder = strlen(handles->target);
    while (folder > 0 && !strchr("\\/:", handles->target[folder - 1]))
        folder--;
    if (folder + OUTPUT_NAME_SIZE > sizeof handles->name || rand_s(&first) || rand_s(&second))
        return false;
    snprintf(handles->name, sizeof handles->name, "%.*s.rollcall.%08x%08x", (int)folder,
             handles->target, first, second);
    return true;
}

static bool create(struct output_handles *handles, char *problem) {
    for (int i = 0; i < ATTEMPTS; i++) {
        if (!choose_name(handles))
            return fail(problem, "has too long a name");
        handles->file = CreateFileA(handles->name, GENERIC_WRITE, 0, NULL, CREATE_NEW,
                                    FILE_ATTRIBUTE_NORMAL, NULL);
        if (handles->file != INVALID_HANDLE_VALUE)
            return true;
        handles->name[0] = '\0';
        if (GetLastError() != ERROR_FILE_EXISTS && GetLastError() != ERROR_ALREADY_EXISTS)
            break;
    }
    return fail_for(problem, GetLastError());
}

/* Who may read a new file is what its folder says. */
bool output_open(struct output_handles *handles, const char *path, bool private_file,
                 char *problem) {
    (void)private_file;
    handles->file = CreateFileA(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (handles->file == INVALID_HANDLE_VALUE) {
        if (GetLastError() != ERROR_FILE_NOT_FOUND)
            return fail_for(problem, GetLastError());
        if (strlen(path) >= sizeof handles->target)
            return fail(problem, "has too long a name");
        snprintf(handles->target, sizeof handles->target, "%s", path);
        return create(handles, problem);
    }
    if (GetFileType(handles->file) != FILE_TYPE_DISK)
        return true;
    /* The links are followed. */
    DWORD length =
        GetFinalPathNameByHandleA(handles->file, handles->target, sizeof handles->target, 0);
    close_file(handles);
    if (length == 0 || length >= sizeof handles->target)
        return fail(problem, "has too long a name");
    handles->replaces = true;
    return create(handles, problem);
}

bool output_put(struct output_handles *handles, const char *bytes, size_t length, char *problem) {
    while (length > 0) {
        DWORD written, wanted = length > 1 << 20 ? 1 << 20 : (DWORD)length;
        if (!WriteFile(handles->file, bytes, wanted, &written, NULL))
            return fail_for(problem, GetLastError());
        bytes += written;
        length -= written;
    }
    return true;
}

bool output_finish(struct output_handles *handles, char *problem) {
    if (!handles->target[0]) {
        close_file(handles);
        return true;
    }
    if (!FlushFileBuffers(handles->file))
        return fail_for(problem, GetLastError());
    close_file(handles);
    /* What is replaced keeps who may do what with it. */
    bool done = handles->replaces ? ReplaceFileA(handles->target, handles->name, NULL,
                                                 REPLACEFILE_IGNORE_MERGE_ERRORS, NULL, NULL)
                                  : MoveFileExA(handles->name, handles->target,
                                                MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
    if (!done)
        return fail_for(problem, GetLastError());
    handles->name[0] = '\0';
    return true;
}

void output_discard(struct output_handles *handles) {
    if (!handles)
        return;
    close_file(handles);
    if (handles->name[0])
        DeleteFileA(handles->name);
    handles->name[0] = '\0';
}
