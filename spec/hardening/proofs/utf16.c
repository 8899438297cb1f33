/* Any text of up to UNITS code units to UTF-8, and any bytes of up to BYTES to UTF-16. */
#include "proof.h"

static size_t place;
#include "base/utf16.c"

static void decode(size_t units) {
    uint8_t utf16[2 * UNITS + 1];
    char utf8[UTF16_TO_UTF8_LIMIT(UNITS) + 1];
    unknown(utf16, sizeof utf16);
    char *out = utf8 + sizeof utf8 - UTF16_TO_UTF8_LIMIT(units);
    turns = 0;
    size_t length = utf16_to_utf8(utf16 + sizeof utf16 - 2 * units, units, out);
    place = 0;
    //@ assert turns <= 2 * UNITS && length <= UTF16_TO_UTF8_LIMIT(units);
}

static void encode(size_t length, size_t limit) {
    char utf8[BYTES + 1];
    uint8_t utf16[2 * BYTES + 1];
    unknown(utf8, sizeof utf8);
    turns = 0;
    size_t units = utf16_from_utf8(utf8 + sizeof utf8 - length, length,
                                   utf16 + sizeof utf16 - 2 * limit, limit);
    //@ assert turns <= 4 * BYTES && (units <= length || units == SIZE_MAX);
}

int main(void) {
#ifdef UNITS_FROM
    for (size_t units = UNITS_FROM; units <= UNITS; units++)
        decode(units);
#else
    for (size_t length = 0; length <= BYTES; length++)
        for (size_t limit = 0; limit <= BYTES; limit++)
            encode(length, limit);
#endif
    return 0;
}
