/* A line that is typed on the terminal without being shown. Knows no Lua. */
#ifndef ROLLCALL_HIDDEN_LINE_H
#define ROLLCALL_HIDDEN_LINE_H

#include <stddef.h>

#define HIDDEN_LINE_LIMIT 3072 /* bytes */

enum hidden_line {
    HIDDEN_LINE_TYPED,
    HIDDEN_LINE_NOBODY, /* there is no terminal, or its input has ended */
    HIDDEN_LINE_INTERRUPTED,
    HIDDEN_LINE_TOO_LONG,
};

/* Writes the prompt and reads the line into `line`, UTF-8 without a terminator, for the caller to
 * wipe. The terminal shows again what is typed however this ends, and a signal that would have
 * ended or stopped the process does so only then. */
enum hidden_line hidden_line_read(const char *prompt, char line[HIDDEN_LINE_LIMIT], size_t *length);

#endif
