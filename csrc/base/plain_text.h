/* Text from a server, made fit to stand in a message: one line, valid UTF-8, without secrets. */
#ifndef ROLLCALL_PLAIN_TEXT_H
#define ROLLCALL_PLAIN_TEXT_H

#include <stddef.h>

#define PLAIN_TEXT_SECRETS 8

/* What must not be shown; the empty places are NULL. */
struct secrets {
    const char *values[PLAIN_TEXT_SECRETS];
};

/* Writes at most `size` bytes including the zero at the end. Controls and what is not UTF-8
 * become `?`, each secret `***`. */
void plain_text_copy(char *to, size_t size, const char *from, size_t length,
                     const struct secrets *secrets);

#endif
