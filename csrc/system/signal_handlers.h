/* The handlers of this process for the signals that ask it to end. Several Lua states may hold them
 * at once; when the last lets go, the signals are as they were before the first. Knows no Lua. */
#ifndef ROLLCALL_SIGNAL_HANDLERS_H
#define ROLLCALL_SIGNAL_HANDLERS_H

#include <stdbool.h>

enum signals_manner {
    SIGNALS_NOTE_INTERRUPT, /* the interrupt is noted, and goes on to who handled it before */
    SIGNALS_CATCH,          /* all are noted, and end nothing */
    SIGNALS_MANNERS,
};

/* False if the system refuses, with nothing held. */
bool signal_handlers_hold(enum signals_manner manner);

/* Once for each hold. */
void signal_handlers_release(enum signals_manner manner);

/* The number of the first signal that was noted since somebody began to hold, or 0. */
int signal_handlers_first(void);

/* Sleeps until a signal is noted, but not if one is. */
void signal_handlers_sleep(double seconds);

#endif
