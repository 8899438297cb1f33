/* A host program that ends its Lua state while a call of the script is still under way, and lives
 * on: the code that the call comes back to must still be there.
 *
 *     host SCRIPT      exit code 0 if all went well */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <windows.h>

int main(int count, char **arguments) {
    lua_State *L = luaL_newstate();
    if (count != 2 || !L)
        return 2;
    luaL_openlibs(L);
    if (luaL_dofile(L, arguments[1]) != LUA_OK) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
        return 3;
    }
    HMODULE stand_in = LoadLibraryW(L"netapi32.dll");
    lua_CFunction release =
        stand_in ? (lua_CFunction)(void (*)(void))GetProcAddress(stand_in, "stand_in_release")
                 : NULL;
    if (!release || !GetModuleHandleW(L"core.dll"))
        return 4;
    lua_close(L);
    if (!GetModuleHandleW(L"core.dll"))
        return 5; /* gone, with a thread inside */
    release(NULL);
    for (int i = 0; i < 200 && GetModuleHandleW(L"core.dll"); i++)
        Sleep(10);
    return GetModuleHandleW(L"core.dll") ? 6 : 0; /* 6: it stays for good */
}
