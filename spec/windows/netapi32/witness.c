#include "witness.h"

#include <lauxlib.h>
#include <lua.h>
#include <windows.h>

/* Where Wine takes its own netapi32, this is not there. */
#define MARKER "rollcall's mock netapi32"

static SRWLOCK lock = SRWLOCK_INIT;
static CONDITION_VARIABLE let_go = CONDITION_VARIABLE_INIT;
static LONG live_buffers, all_buffers, open_sessions, all_sessions, all_logons, calls_under_way,
    most_at_once;
static unsigned releases;
static struct last_call last;

void *witness_allocate(size_t size) {
    void *buffer = calloc(1, size);
    if (buffer) {
        InterlockedIncrement(&live_buffers);
        InterlockedIncrement(&all_buffers);
    }
    return buffer;
}

void witness_free(void *buffer) {
    if (buffer)
        InterlockedDecrement(&live_buffers);
    free(buffer);
}

void witness_call(const struct last_call *call) {
    AcquireSRWLockExclusive(&lock);
    last = *call;
    ReleaseSRWLockExclusive(&lock);
}

void witness_session(int change) {
    InterlockedAdd(&open_sessions, change);
    if (change > 0)
        InterlockedIncrement(&all_sessions);
}

void witness_logon(void) {
    InterlockedIncrement(&all_logons);
}

void witness_enter(void) {
    AcquireSRWLockExclusive(&lock);
    calls_under_way++;
    if (calls_under_way > most_at_once)
        most_at_once = calls_under_way;
    ReleaseSRWLockExclusive(&lock);
}

void witness_leave(void) {
    AcquireSRWLockExclusive(&lock);
    calls_under_way--;
    ReleaseSRWLockExclusive(&lock);
}

void witness_hang(void) {
    AcquireSRWLockExclusive(&lock);
    unsigned before = releases;
    while (releases == before)
        SleepConditionVariableSRW(&let_go, &lock, INFINITE, 0);
    ReleaseSRWLockExclusive(&lock);
}

static void push_wide(lua_State *L, const wchar_t *text) {
    char utf8[256];
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
    lua_pushlstring(L, utf8, length > 0 ? (size_t)length - 1 : 0);
}

static void push_last(lua_State *L) {
    AcquireSRWLockShared(&lock);
    struct last_call call = last;
    ReleaseSRWLockShared(&lock);
    lua_newtable(L);
    if (!call.local) {
        push_wide(L, call.servername);
        lua_setfield(L, -2, "servername");
    }
    for (int i = 0; i < 2; i++)
        if (call.has_filter[i]) {
            push_wide(L, call.filters[i]);
            lua_rawseti(L, -2, i + 1);
        }
    lua_pushinteger(L, call.level);
    lua_setfield(L, -2, "level");
    lua_pushinteger(L, call.prefmaxlen);
    lua_setfield(L, -2, "prefmaxlen");
    lua_pushinteger(L, call.resume_handle);
    lua_setfield(L, -2, "resume_handle");
    lua_pushinteger(L, call.id);
    lua_setfield(L, -2, "id");
}

static void set(lua_State *L, const char *name, LONG count) {
    lua_pushinteger(L, count);
    lua_setfield(L, -2, name);
}

/* Lua, by package.loadlib: what is, and has been. */
__declspec(dllexport) int stand_in_counts(lua_State *L) {
    lua_newtable(L);
    lua_pushliteral(L, MARKER);
    lua_setfield(L, -2, "marker");
    set(L, "live_buffers", live_buffers);
    set(L, "all_buffers", all_buffers);
    set(L, "open_sessions", open_sessions);
    set(L, "all_sessions", all_sessions);
    set(L, "all_logons", all_logons);
    set(L, "calls_under_way", calls_under_way);
    set(L, "most_at_once", InterlockedExchange(&most_at_once, 0));
    push_last(L);
    lua_setfield(L, -2, "last");
    return 1;
}

/* Lua: lets all calls that hang come back. */
__declspec(dllexport) int stand_in_release(lua_State *L) {
    (void)L;
    AcquireSRWLockExclusive(&lock);
    releases++;
    ReleaseSRWLockExclusive(&lock);
    WakeAllConditionVariable(&let_go);
    return 0;
}
