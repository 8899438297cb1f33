/* Any bytes, as a number and as a string, at any offset; any text, into a buffer of any size. */
#include "proof.h"

#include "base/utf16.c"
#include "proof_words.h"
#include "rpc/ndr.c"

static uint8_t space[BOUND];

/* The word that the harness reads instead is the number that ndr.h reads of its bytes. */
static void read_bytes(void) {
    static const uint8_t bytes[4] = {1, 2, 3, 254};
    uint32_t number = ndr_uint32_of_bytes(bytes);
    //@ assert number == 0xFE030201;
    number = ndr_uint32_at(bytes);
    //@ assert number == 0xFE030201;
}

static void read_uint32(size_t length, size_t offset) {
    struct ndr_reader reader = {space + BOUND - length, length, offset};
    uint32_t value;
    turns = 0;
    if (ndr_read_uint32(&reader, &value)) {
        //@ assert \initialized(&value) && offset + 4 <= reader.offset <= length;
    } else {
        //@ assert reader.offset == offset;
    }
}

static void read_string(size_t length, size_t offset) {
    const uint8_t *bytes = space + BOUND - length;
    struct ndr_reader reader = {bytes, length, offset};
    struct ndr_reader again = reader;
    struct ndr_string string, same;
    unknown(space, sizeof space);
    turns = 0;
    const char *problem = ndr_read_string(&reader, &string);
    //@ assert turns <= BOUND && reader.offset <= length;
    if (problem)
        return;
    //@ assert \valid_read(string.utf16 + (0 .. 2 * string.units - 1));
    ndr_reread_string(&again, &same);
    //@ assert again.offset == reader.offset;
    //@ assert same.utf16 == string.utf16 && same.units == string.units;
}

static void write_string(size_t length, size_t limit) {
    uint8_t written[32];
    char text[4];
    struct ndr_writer writer = {written + sizeof written - limit, limit, 0};
    unknown(text, sizeof text);
    turns = 0;
    if (ndr_write_string(&writer, text + sizeof text - length, length)) {
        //@ assert 16 <= writer.offset <= 16 + 2 * length + 2 && writer.offset % 4 == 0;
    } else {
        //@ assert writer.offset == 0;
    }
    //@ assert turns <= 4 * 2 * (3 + 1);
}

int main(void) {
#ifdef READ
    read_bytes();
    unknown(space, sizeof space);
    for (size_t length = 0; length <= 12; length++)
        for (size_t offset = 0; offset <= length; offset++)
            read_uint32(length, offset);
    for (size_t length = 0; length <= BOUND; length++)
        for (size_t offset = 0; offset <= length && offset < 4; offset++)
            read_string(length, offset);
#else
    for (size_t length = 0; length <= 4; length++)
        for (size_t limit = 0; limit <= 32; limit++)
            write_string(length, limit);
#endif
    return 0;
}
