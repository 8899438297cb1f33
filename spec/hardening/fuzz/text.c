/* Any bytes, as UTF-16 and as UTF-8, and as a message of a server that is to be shown: what comes
 * out is UTF-8, of one line, without secrets; and what is UTF-8 survives the way there and back.
 * Once, every character is converted as the C library does. */
#include "../../../csrc/base/plain_text.h"
#include "base/utf16.h"
#include "rpc/ndr.h"

#include <iconv.h>
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
    memset(longest, 'n', sizeof longest);
    struct ndr_writer writer = {NULL, 0, 0};
    CHECK(ndr_write_string(&writer, longest, NDR_STRING_LIMIT));
    CHECK(!ndr_write_string(&writer, longest, NDR_STRING_LIMIT + 1));
}

#define CHARACTERS (0x110000 - 0x800) /* the surrogates are none */

/* As the C library has it, whose wide characters are these. To be freed. */
static char *converted(const uint32_t *characters, const char *to, size_t *length) {
    size_t left = 4 * CHARACTERS, room = left;
    char *text = malloc(room), *in = (char *)characters, *out = text;
    iconv_t conversion = iconv_open(to, "WCHAR_T");
    CHECK(text && conversion != (iconv_t)-1);
    CHECK(iconv(conversion, &in, &left, &out, &room) == 0 && left == 0);
    iconv_close(conversion);
    *length = 4 * CHARACTERS - room;
    return text;
}

/* Each character that there is, there and back. */
static void check_every_character(void) {
    uint32_t *characters = malloc(4 * CHARACTERS);
    CHECK(characters);
    for (uint32_t i = 0; i < CHARACTERS; i++)
        characters[i] = i < 0xD800 ? i : i + 0x800;
    size_t of_utf8, of_utf16;
    char *utf8 = converted(characters, "UTF-8", &of_utf8);
    char *utf16 = converted(characters, "UTF-16LE", &of_utf16);
    char *utf8_made = malloc(UTF16_TO_UTF8_LIMIT(of_utf16 / 2));
    uint8_t *utf16_made = malloc(of_utf16);
    CHECK(utf8_made && utf16_made);
    CHECK(utf16_to_utf8((const uint8_t *)utf16, of_utf16 / 2, utf8_made) == of_utf8);
    CHECK(memcmp(utf8_made, utf8, of_utf8) == 0);
    CHECK(utf16_from_utf8(utf8, of_utf8, utf16_made, of_utf16 / 2) == of_utf16 / 2);
    CHECK(memcmp(utf16_made, utf16, of_utf16) == 0);
    free(characters);
    free(utf8);
    free(utf16);
    free(utf8_made);
    free(utf16_made);
}

/* Two units that are no pair are what each is by itself, and half a pair is U+FFFD. */
static void check_pairs(void) {
    static const uint16_t units[] = {'a',    0x80,   0xD7FF, 0xD800, 0xD801, 0xDBFF,
                                     0xDC00, 0xDC01, 0xDFFE, 0xDFFF, 0xE000, 0xFFFF};
    const size_t count = sizeof units / sizeof *units;
    for (size_t i = 0; i < count * count; i++) {
        uint16_t first = units[i / count], second = units[i % count];
        const uint8_t utf16[] = {(uint8_t)first, (uint8_t)(first >> 8), (uint8_t)second,
                                 (uint8_t)(second >> 8)};
        char both[UTF16_TO_UTF8_LIMIT(2)], each[UTF16_TO_UTF8_LIMIT(2)];
        size_t length = utf16_to_utf8(utf16, 1, each);
        CHECK((first & 0xF800) != 0xD800 || (length == 3 && memcmp(each, "\xEF\xBF\xBD", 3) == 0));
        length += utf16_to_utf8(utf16 + 2, 1, each + length);
        if ((first & 0xFC00) == 0xD800 && (second & 0xFC00) == 0xDC00)
            CHECK(utf16_to_utf8(utf16, 2, both) == 4 && (uint8_t)both[0] >= 0xF0);
        else
            CHECK(utf16_to_utf8(utf16, 2, both) == length && memcmp(both, each, length) == 0);
    }
}

/* What is not UTF-8, at every border. */
static void check_malformed(void) {
    static const uint8_t borders[] = {0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0};
    for (unsigned i = 0; i < 256 * 8 * 8 * 8; i++) {
        const uint8_t bytes[] = {(uint8_t)(i >> 9), borders[i >> 6 & 7], borders[i >> 3 & 7],
                                 borders[i & 7]};
        for (size_t length = 1; length <= sizeof bytes; length++)
            CHECK((utf16_from_utf8((const char *)bytes, length, NULL, 0) != SIZE_MAX) ==
                  check_is_utf8(bytes, length));
    }
}

static void check_once(void) {
    static bool is_checked;
    if (is_checked)
        return;
    is_checked = true;
    check_longest();
    check_every_character();
    check_pairs();
    check_malformed();
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
    check_once();
    uint8_t *bytes = check_copy(data, size);
    check_decoding(bytes, size / 2);
    check_encoding(bytes, size);
    check_writer(bytes, size);
    check_plain(bytes, size);
    free(bytes);
    return 0;
}
