#include "system/signal_handlers.h"

#include <signal.h>
#include <windows.h>

/* How long the program gets to end after it was told so. Windows ends it by itself after five
 * seconds when the console is closed, later at a shutdown. */
#define GRACE_MILLISECONDS 20000

static SRWLOCK lock = SRWLOCK_INIT;
static int holders[SIGNALS_MANNERS];
static volatile LONG first_noted;
static volatile LONG interrupt_goes_on;
static HANDLE noted; /* an event */

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

/* Windows calls this on a thread of its own. After the events that are a SIGTERM it ends the
 * process as soon as this returns, so it does not: the thread ends with the program. */
static BOOL WINAPI note(DWORD event) {
    int number = number_of(event);
    if (interrupt_goes_on) {
        if (number == SIGINT)
            InterlockedCompareExchange(&first_noted, number, 0);
        return FALSE;
    }
    InterlockedCompareExchange(&first_noted, number, 0);
    SetEvent(noted);
    if (number == SIGTERM)
        Sleep(GRACE_MILLISECONDS);
    return TRUE;
}

/* For as long as Windows may call it. */
static void stay_loaded(void) {
    HMODULE library;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(const void *)&noted, &library);
}

/* With the lock held. */
static int settle(void) {
    interrupt_goes_on = holders[SIGNALS_CATCH] == 0;
    int all = holders[SIGNALS_CATCH] + holders[SIGNALS_NOTE_INTERRUPT];
    if (all == 0 && noted) {
        first_noted = 0;
        ResetEvent(noted);
    }
    return all;
}

bool signal_handlers_hold(enum signals_manner manner) {
    AcquireSRWLockExclusive(&lock);
    if (!noted) {
        stay_loaded();
        noted = CreateEventW(NULL, TRUE, FALSE, NULL);
    }
    holders[manner]++;
    bool held = noted && (settle() > 1 || SetConsoleCtrlHandler(note, TRUE));
    if (!held) {
        holders[manner]--;
        settle();
    }
    ReleaseSRWLockExclusive(&lock);
    return held;
}

void signal_handlers_release(enum signals_manner manner) {
    AcquireSRWLockExclusive(&lock);
    holders[manner]--;
    if (settle() == 0)
        SetConsoleCtrlHandler(note, FALSE);
    ReleaseSRWLockExclusive(&lock);
}

int signal_handlers_first(void) {
    return first_noted;
}

void signal_handlers_sleep(double seconds) {
    DWORD milliseconds = (DWORD)(seconds * 1000);
    if (noted)
        WaitForSingleObject(noted, milliseconds);
    else
        Sleep(milliseconds);
}
