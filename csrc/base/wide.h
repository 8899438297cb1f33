/* UTF-8, the text of Lua, as the UTF-16 that Windows' functions take. */
#ifndef ROLLCALL_WIDE_H
#define ROLLCALL_WIDE_H

#include <stddef.h>

/* A copy with a terminator, to be given to wide_free; NULL if it is not UTF-8, longer than what a
 * UNICODE_STRING holds, or there is no memory. */
wchar_t *wide_from_utf8(const char *utf8, size_t length);

/* Wipes and frees the text, or does nothing for NULL. */
void wide_free(wchar_t *text);

#endif
