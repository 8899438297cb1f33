/* What the fuzzers have in common: a promise that does not hold ends the program, and the fuzzer
 * keeps the input that led there. */
#ifndef ROLLCALL_FUZZ_CHECK_H
#define ROLLCALL_FUZZ_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(promise)                                                                             \
    do {                                                                                           \
        if (!(promise)) {                                                                          \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #promise);           \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends where its memory ends, so that a byte read beyond it is noticed. The caller
 * frees it. */
uint8_t *check_copy(const uint8_t *data, size_t size);

/* Whether this is UTF-8 as the Unicode standard has it, found out another way than the code under
 * test does. */
bool check_is_utf8(const uint8_t *text, size_t length);

#endif
