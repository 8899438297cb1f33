#include "base/plain_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What is shorter might stand anywhere by chance. */
#define SHORTEST_SECRET 4

/* How long the character at `text` is, or 0 if it is none that may be shown. */
static size_t character_length(const unsigned char *text, size_t left) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (text[0] < 0x80)
        return text[0] >= 0x20 && text[0] != 0x7F;
    size_t length = text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : 2;
    if (text[0] < 0xC2 || text[0] > 0xF4 || length > left)
        return 0;
    uint32_t code = text[0] & (0xFFU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3F);
    }
    bool is_control =
        code < 0xA0 || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < least[length] || code > 0x10FFFF || is_control || is_surrogate ? 0 : length;
}

/* The length of the secret that begins at `text`, or 0. */
static size_t secret_length(const char *text, size_t left, const struct secrets *secrets) {
    size_t longest = 0;
    for (size_t i = 0; i < PLAIN_TEXT_SECRETS; i++) {
        size_t length = secrets->values[i] ? strlen(secrets->values[i]) : 0;
        if (length >= SHORTEST_SECRET && length <= left && length > longest &&
            memcmp(text, secrets->values[i], length) == 0)
            longest = length;
    }
    return longest;
}

void plain_text_copy(char *to, size_t size, const char *from, size_t length,
                     const struct secrets *secrets) {
    size_t written = 0, read = 0;
    while (read < length) {
        const char *piece = from + read;
        size_t taken = secret_length(piece, length - read, secrets);
        size_t piece_length = 3;
        if (taken) {
            piece = "***";
        } else {
            taken = character_length((const unsigned char *)piece, length - read);
            piece_length = taken ? taken : 1;
            piece = taken ? piece : "?";
            taken = taken ? taken : 1;
        }
        if (written + piece_length >= size)
            break;
        memcpy(to + written, piece, piece_length);
        written += piece_length;
        read += taken;
    }
    to[written] = '\0';
}
