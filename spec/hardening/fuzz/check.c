#include "check.h"

#include <string.h>

uint8_t *check_copy(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    CHECK(copy);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

/* The rows of table 3-7 of the Unicode standard: what the first byte may be, what the second may,
 * and how many follow that. */
static const struct {
    uint8_t first[2];
    uint8_t second[2];
    unsigned more;
} well_formed[] = {
    {{0xC2, 0xDF}, {0x80, 0xBF}, 0}, {{0xE0, 0xE0}, {0xA0, 0xBF}, 1},
    {{0xE1, 0xEC}, {0x80, 0xBF}, 1}, {{0xED, 0xED}, {0x80, 0x9F}, 1},
    {{0xEE, 0xEF}, {0x80, 0xBF}, 1}, {{0xF0, 0xF0}, {0x90, 0xBF}, 2},
    {{0xF1, 0xF3}, {0x80, 0xBF}, 2}, {{0xF4, 0xF4}, {0x80, 0x8F}, 2},
};

static bool is_between(uint8_t byte, const uint8_t range[2]) {
    return byte >= range[0] && byte <= range[1];
}

static size_t sequence_length(const uint8_t *text, size_t left) {
    static const uint8_t continuation[2] = {0x80, 0xBF};
    if (text[0] < 0x80)
        return 1;
    for (size_t row = 0; row < sizeof well_formed / sizeof *well_formed; row++) {
        if (!is_between(text[0], well_formed[row].first))
            continue;
        if (left < 2 + well_formed[row].more || !is_between(text[1], well_formed[row].second))
            return 0;
        for (unsigned i = 0; i < well_formed[row].more; i++)
            if (!is_between(text[2 + i], continuation))
                return 0;
        return 2 + well_formed[row].more;
    }
    return 0;
}

bool check_is_utf8(const uint8_t *text, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t step = sequence_length(text + i, length - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}
