#include "system/private_file.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <windows.h>
/* after windows.h */
#include <aclapi.h>
#include <sddl.h>

#define FILE_LIMIT 65536
#define TOKEN_USER_SIZE (sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE)

/* What lets somebody read the file, change it, or change who may. */
#define TELLING_RIGHTS                                                                             \
    (FILE_READ_DATA | FILE_WRITE_DATA | FILE_APPEND_DATA | WRITE_DAC | WRITE_OWNER |               \
     GENERIC_READ | GENERIC_WRITE | GENERIC_ALL)

static bool get_own_user(BYTE buffer[TOKEN_USER_SIZE]) {
    HANDLE token;
    DWORD length;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool got = GetTokenInformation(token, TokenUser, buffer, TOKEN_USER_SIZE, &length);
    CloseHandle(token);
    return got;
}

/* The user who runs us, and those who can read every file anyway. */
static bool is_trusted(PSID sid, PSID own) {
    return EqualSid(sid, own) || IsWellKnownSid(sid, WinLocalSystemSid) ||
           IsWellKnownSid(sid, WinBuiltinAdministratorsSid) ||
           IsWellKnownSid(sid, WinCreatorOwnerRightsSid);
}

static bool is_open_to_others(PACL list, PSID own) {
    ACL_SIZE_INFORMATION size;
    if (!list || !GetAclInformation(list, &size, sizeof size, AclSizeInformation))
        return true;
    for (DWORD i = 0; i < size.AceCount; i++) {
        void *entry;
        if (!GetAce(list, i, &entry))
            return true;
        const ACE_HEADER *header = entry;
        if (header->AceType == ACCESS_DENIED_ACE_TYPE || header->AceFlags & INHERIT_ONLY_ACE)
            continue;
        if (header->AceType != ACCESS_ALLOWED_ACE_TYPE)
            return true; /* a kind that is not understood here */
        ACCESS_ALLOWED_ACE *allowed = entry;
        if (allowed->Mask & TELLING_RIGHTS && !is_trusted((PSID)&allowed->SidStart, own))
            return true;
    }
    return false;
}

/* Returns what is wrong with who may read the file, or NULL. */
static const char *check_access(HANDLE file) {
    BYTE user[TOKEN_USER_SIZE];
    PSID owner;
    PACL list;
    PSECURITY_DESCRIPTOR descriptor;
    if (!get_own_user(user) ||
        GetSecurityInfo(file, SE_FILE_OBJECT,
                        OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner, NULL, &list,
                        NULL, &descriptor) != ERROR_SUCCESS)
        return "cannot be asked who may read it";
    PSID own = ((const TOKEN_USER *)(const void *)user)->User.Sid;
    const char *problem = NULL;
    if (!is_trusted(owner, own))
        problem = "belongs to somebody else";
    else if (is_open_to_others(list, own))
        problem =
            "can be read or written by others (icacls FILE /inheritance:r /grant:r "
            "%USERNAME%:F mends that)";
    LocalFree(descriptor);
    return problem;
}

/* Returns the length of what was read into `content`, or -1 with `*problem` set. */
static long read_private(HANDLE file, char *content, const char **problem) {
    LARGE_INTEGER size;
    DWORD length;
    *problem = NULL;
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileSizeEx(file, &size))
        *problem = "is not a regular file";
    else if (size.QuadPart > FILE_LIMIT)
        *problem = "is larger than 64 KiB";
    else
        *problem = check_access(file);
    if (*problem)
        return -1;
    if (ReadFile(file, content, FILE_LIMIT, &length, NULL))
        return (long)length;
    *problem = "cannot be read";
    return -1;
}

int private_file_read(lua_State *L) {
    const char *path = luaL_checkstring(L, 1);
    const char *problem = "cannot be opened";
    long length = -1;
    char *content = lua_newuserdatauv(L, FILE_LIMIT, 0);
    HANDLE file = CreateFileA(path, GENERIC_READ | READ_CONTROL, FILE_SHARE_READ, NULL,
                              OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        length = read_private(file, content, &problem);
        CloseHandle(file);
    } else if (GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND) {
        problem = "No such file or directory";
    }
    if (length < 0) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s: %s", path, problem);
        return 2;
    }
    lua_pushlstring(L, content, (size_t)length);
    SecureZeroMemory(content, FILE_LIMIT);
    return 1;
}
