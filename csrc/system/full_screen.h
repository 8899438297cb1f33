/* The terminal as one screen that is drawn anew, with keys as they are pressed and without echo.
 * However the process ends or stops, the terminal is as it was; only SIGKILL and SIGSTOP, which
 * nobody can catch, leave it. Knows no Lua. */
#ifndef ROLLCALL_FULL_SCREEN_H
#define ROLLCALL_FULL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* Takes the terminal that standard input and output are. There is one at a time. Returns 0 or an
 * errno, with the terminal as it was. */
int full_screen_open(void);

/* May be called again. */
void full_screen_close(void);

/* For who ends the process at once; a signal handler may call it. */
void full_screen_restore(void);

/* Whether it has to be drawn anew since this was last called: another size, or the process goes on
 * after it was stopped. */
bool full_screen_changed(void);

/* False if the terminal does not say. */
bool full_screen_size(int *columns, int *lines);

/* Takes what was typed, without waiting. Returns how many bytes, or -1 if the terminal is gone. */
int full_screen_read(char *bytes, size_t size);

/* False if the terminal is gone, or a signal asked the process to end meanwhile. */
bool full_screen_write(const char *bytes, size_t size);

/* What can be read once something was typed. */
int full_screen_descriptor(void);

#endif
