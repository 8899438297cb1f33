/* What every harness shares. The case under proof lies at the very end of its array, so that a byte
 * read or written beyond it is out of bounds. */
#ifndef ROLLCALL_PROOF_H
#define ROLLCALL_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "__fc_builtin.h"

/* Any bytes at all. */
static void unknown(void *bytes, size_t length) {
    if (length > 0)
        Frama_C_make_unknown(bytes, length);
}

/* Of the standard library, what is precise only when it is analysed: byte by byte. */
static void *find_byte(const void *bytes, int byte, size_t length) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++)
        if (at[i] == (uint8_t)byte)
            return (void *)(at + i);
    return NULL;
}

static size_t text_length(const char *text) {
    size_t length = 0;
    while (((const uint8_t *)text)[length] != 0)
        length++;
    return length;
}

static int compare_texts(const char *one, const char *other) {
    while (*one != 0 && *one == *other)
        one++, other++;
    return *one - *other;
}

/* Frama-C wants a byte to be there even where none is copied; C wants a pointer that is valid. */
static void *copy_bytes(void *to, const void *from, size_t length) {
    //@ assert \object_pointer((char *)to) && \object_pointer((char *)from);
    return length > 0 ? memcpy(to, from, length) : to;
}

#define memchr find_byte
#define memcpy copy_bytes
#define strlen text_length
#define strcmp compare_texts

/* Each turn of a loop is counted, so that no turn leads back to a state in which the analysis has
 * been: it ends, and the assertion on `turns` is valid, only if every loop ends. */
static size_t turns;
/* clang-format off */
#define for(...) for (__VA_ARGS__) if (turns++, 0) ; else
#define while(...) while (__VA_ARGS__) if (turns++, 0) ; else
/* clang-format on */

#endif
