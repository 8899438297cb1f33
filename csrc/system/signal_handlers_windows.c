#include "system/signal_handlers.h"

#include <signal.h>
#include <windows.h>

/* How long the program gets to end after it was asked to. Windows ends it by itself after five
 * seconds when the console is closed, later at a shutdown. */
#define GRACE_MILLISECONDS 20000

static volatile LONG holders[SIGNALS_MANNERS];
static volatile LONG first_noted;
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
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
    bool catching = holders[SIGNALS_CATCH] > 0;
    if (catching || (holders[SIGNALS_NOTE_INTERRUPT] > 0 && number == SIGINT))
        InterlockedCompareExchange(&first_noted, number, 0);
    if (!catching)
        return FALSE;
    SetEvent(noted);
    if (number == SIGTERM)
        Sleep(GRACE_MILLISECONDS);
    return TRUE;
}

/* The handler stays for good, and so does this library: to remove a handler is to wait until those
 * that run have returned. */
static BOOL CALLBACK install(INIT_ONCE *context, void *argument, void **result) {
    HMODULE library;
    (void)context, (void)argument, (void)result;
    noted = CreateEventW(NULL, TRUE, FALSE, NULL);
    return noted &&
           GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                  GET_MODULE_HANDLE_EX_FLAG_PIN,
                              (LPCWSTR)(const void *)&noted, &library) &&
           SetConsoleCtrlHandler(note, TRUE);
}

bool signal_handlers_hold(enum signals_manner manner) {
    if (!InitOnceExecuteOnce(&once, install, NULL, NULL))
        return false;
    InterlockedIncrement(&holders[manner]);
    return true;
}

void signal_handlers_release(enum signals_manner manner) {
    InterlockedDecrement(&holders[manner]);
    if (holders[SIGNALS_CATCH] == 0 && holders[SIGNALS_NOTE_INTERRUPT] == 0) {
        first_noted = 0;
        ResetEvent(noted);
    }
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
