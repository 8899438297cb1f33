/* Any bytes, as UTF-16 and as UTF-8, and as a message of a server that is to be shown: what comes
 * out is UTF-8, of one line, without secrets; and what is UTF-8 survives the way there and back. */
#include "../../../csrc/workspace/plain_text.h"
#include "base/utf16.h"
#include "rpc/ndr.h"

#include <string.h>

#include "check.h"

static void check_decoding(const uint8_t *utf16, size_t units) {
    char *utf8 = malloc(UTF16_TO_UTF8_LIMIT(units) + 1);
    CHECK(utf8);
    size_t length = utf16_to_utf8(utf16, units, utf8);
    CHECK(length <= UTF16_TO_UTF8_LIMIT(units) && check_is_utf8((const uint8_t *)utf8, length));
    CHECK(utf16_from_utf8(utf8, length, NULL, 0) == units);
    free(utf8);
}

static void check_encoding(const uint8_t *bytes, size_t size) {
    const char *utf8 = (const char *)bytes;
    size_t units = utf16_from_utf8(utf8, size, NULL, 0);
    CHECK((units != SIZE_MAX) == check_is_utf8(bytes, size));
    if (units == SIZE_MAX)
        return;
    uint8_t *utf16 = malloc(2 * units + 1);
    char *back = malloc(UTF16_TO_UTF8_LIMIT(units) + 1);
    CHECK(utf16 && back && utf16_from_utf8(utf8, size, utf16, units) == units);
    CHECK(utf16_to_utf8(utf16, units, back) == size && memcmp(back, utf8, size) == 0);
    free(back);
    free(utf16);
}

/* A buffer of any size gets what fits and no byte more. */
static void check_writer(const uint8_t *bytes, size_t size) {
    uint8_t *space = malloc(size + 1);
    struct ndr_writer writer = {space, size, 0};
    CHECK(space);
    if (ndr_write_string(&writer, (const char *)bytes, size))
        CHECK(writer.offset % 4 == 0 && writer.offset >= 16);
    else
        CHECK(!check_is_utf8(bytes, size) || size > NDR_STRING_LIMIT);
    free(space);
}

/* The longest string that may be asked for, and one more. */
static void check_longest(void) {
    static char longest[NDR_STRING_LIMIT + 1];
    if (longest[0])
        return;
    memset(longest, 'n', sizeof longest);
    struct ndr_writer writer = {NULL, 0, 0};
    CHECK(ndr_write_string(&writer, longest, NDR_STRING_LIMIT));
    CHECK(!ndr_write_string(&writer, longest, NDR_STRING_LIMIT + 1));
}

static void check_plain(const uint8_t *bytes, size_t size) {
    static const char secret[] = "s3cret-token";
    const struct secrets secrets = {{"abc", secret, "s3cret"}};
    size_t room = 1 + size % 512;
    char *plain = malloc(room);
    CHECK(plain);
    plain_text_copy(plain, room, (const char *)bytes, size, &secrets);
    const char *end = memchr(plain, 0, room);
    CHECK(end && check_is_utf8((const uint8_t *)plain, (size_t)(end - plain)));
    for (const char *at = plain; at < end; at++)
        CHECK((unsigned char)*at >= 0x20 && *at != 0x7F);
    CHECK(!strstr(plain, "s3cret"));
    free(plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *bytes = check_copy(data, size);
    check_decoding(bytes, size / 2);
    check_encoding(bytes, size);
    check_writer(bytes, size);
    check_longest();
    check_plain(bytes, size);
    free(bytes);
    return 0;
}
