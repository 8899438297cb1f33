#include "base/wide.h"

#include <stdint.h>
#include <stdlib.h>
#include <windows.h>

#include "base/utf16.h"
#include "rpc/ndr.h"

wchar_t *wide_from_utf8(const char *utf8, size_t length) {
    size_t units = utf16_from_utf8(utf8, length, NULL, 0);
    if (units == SIZE_MAX || units > NDR_STRING_LIMIT)
        return NULL;
    wchar_t *text = calloc(units + 1, sizeof *text);
    if (text)
        utf16_from_utf8(utf8, length, (uint8_t *)text, units);
    return text;
}

void wide_free(wchar_t *text) {
    if (!text)
        return;
    SecureZeroMemory(text, wcslen(text) * sizeof *text);
    free(text);
}
