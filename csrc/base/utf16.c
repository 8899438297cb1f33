#include "base/utf16.h"

static unsigned unit_at(const uint8_t *utf16, size_t index) {
    return utf16[2 * index] | (unsigned)utf16[2 * index + 1] << 8;
}

/* Nearly all names are ASCII, and this costs half as much as what follows would. */
static size_t copy_ascii(const uint8_t *utf16, size_t units, char *utf8) {
    size_t i = 0;
    while (i < units && unit_at(utf16, i) < 0x80) {
        utf8[i] = (char)utf16[2 * i];
        i++;
    }
    return i;
}

size_t utf16_to_utf8(const uint8_t *utf16, size_t units, char *utf8) {
    size_t ascii = copy_ascii(utf16, units, utf8);
    char *out = utf8 + ascii;
    for (size_t i = ascii; i < units; i++) {
        uint32_t code = unit_at(utf16, i);
        if (code < 0x80) {
            *out++ = (char)code;
            continue;
        }
        if (code >= 0xD800 && code <= 0xDFFF) {
            unsigned low = code < 0xDC00 && i + 1 < units ? unit_at(utf16, i + 1) : 0;
            if (low >= 0xDC00 && low <= 0xDFFF) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                i++;
            } else {
                code = 0xFFFD;
            }
        }
        if (code < 0x800) {
            *out++ = (char)(0xC0 | code >> 6);
        } else {
            if (code < 0x10000) {
                *out++ = (char)(0xE0 | code >> 12);
            } else {
                *out++ = (char)(0xF0 | code >> 18);
                *out++ = (char)(0x80 | (code >> 12 & 0x3F));
            }
            *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        }
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return (size_t)(out - utf8);
}

/* Reads one character at `*text`, moves past it, and returns it; UINT32_MAX if it is malformed,
 * overlong, a surrogate, or past U+10FFFF. */
static uint32_t utf8_next(const uint8_t **text, const uint8_t *end) {
    uint32_t code = *(*text)++;
    if (code < 0x80)
        return code;
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned more = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : 1;
    if (code < 0xC0 || code > 0xF4 || (size_t)(end - *text) < more)
        return UINT32_MAX;
    code &= 0x3FU >> more;
    for (unsigned i = 0; i < more; i++) {
        uint8_t byte = *(*text)++;
        if ((byte & 0xC0) != 0x80)
            return UINT32_MAX;
        code = code << 6 | (byte & 0x3FU);
    }
    if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return UINT32_MAX;
    return code;
}

static void put_unit(uint8_t *utf16, size_t index, size_t limit, uint32_t unit) {
    if (index < limit) {
        utf16[2 * index] = (uint8_t)unit;
        utf16[2 * index + 1] = (uint8_t)(unit >> 8);
    }
}

size_t utf16_from_utf8(const char *utf8, size_t length, uint8_t *utf16, size_t limit) {
    const uint8_t *text = (const uint8_t *)utf8;
    const uint8_t *end = text + length;
    size_t units = 0;
    while (text < end) {
        uint32_t code = utf8_next(&text, end);
        if (code == UINT32_MAX)
            return SIZE_MAX;
        if (code >= 0x10000) {
            put_unit(utf16, units++, limit, 0xD800 + ((code - 0x10000) >> 10));
            put_unit(utf16, units++, limit, 0xDC00 + ((code - 0x10000) & 0x3FF));
        } else {
            put_unit(utf16, units++, limit, code);
        }
    }
    return units;
}
