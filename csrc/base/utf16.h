/* UTF-16LE, the text of the wire, to and from UTF-8, the text of Lua. */
#ifndef ROLLCALL_UTF16_H
#define ROLLCALL_UTF16_H

#include <stddef.h>
#include <stdint.h>

/* One UTF-16 code unit becomes at most three bytes of UTF-8. */
#define UTF16_TO_UTF8_LIMIT(units) ((size_t)(units)*3)

/* Writes the text to `utf8`, which has room for UTF16_TO_UTF8_LIMIT(units), without a
 * terminator, and returns its length. A surrogate without its other half becomes U+FFFD. */
size_t utf16_to_utf8(const uint8_t *utf16, size_t units, char *utf8);

/* Writes at most `limit` code units to `utf16`. Returns how many the text needs, or SIZE_MAX if
 * it is not valid UTF-8: then nothing that was written means anything. */
size_t utf16_from_utf8(const char *utf8, size_t length, uint8_t *utf16, size_t limit);

#endif
