#include "rpc/ndr.h"

#include <string.h>

#include "base/utf16.h"

bool ndr_read_uint32(struct ndr_reader *reader, uint32_t *value) {
    size_t aligned = (reader->offset + 3) & ~(size_t)3;
    if (aligned > reader->length || reader->length - aligned < 4)
        return false;
    *value = ndr_uint32_at(reader->bytes + aligned);
    reader->offset = aligned + 4;
    return true;
}

const char *ndr_read_string(struct ndr_reader *reader, struct ndr_string *string) {
    uint32_t max_count, offset, actual_count;
    if (!ndr_read_uint32(reader, &max_count) || !ndr_read_uint32(reader, &offset) ||
        !ndr_read_uint32(reader, &actual_count))
        return "a string's counts run past the end";
    if (offset != 0)
        return "a string that does not start at offset 0";
    if (actual_count > max_count)
        return "a string longer than its own maximum";
    if (actual_count > NDR_STRING_LIMIT + 1)
        return "a string of more than 32767 characters";
    if ((reader->length - reader->offset) / 2 < actual_count)
        return "a string that runs past the end";

    string->utf16 = reader->bytes + reader->offset;
    string->units = actual_count;
    reader->offset += (size_t)actual_count * 2;
    if (actual_count == 0)
        return NULL;
    string->units--;
    if (ndr_uint16_at(string->utf16 + 2 * string->units) != 0)
        return "a string without a terminator";
    for (size_t i = 0; i < string->units; i++)
        if (ndr_uint16_at(string->utf16 + 2 * i) == 0)
            return "a string with a zero inside";
    return NULL;
}

void ndr_reread_string(struct ndr_reader *reader, struct ndr_string *string) {
    size_t start = (reader->offset + 3) & ~(size_t)3;
    uint32_t actual_count = ndr_uint32_at(reader->bytes + start + 8);
    string->utf16 = reader->bytes + start + 12;
    string->units = actual_count > 0 ? actual_count - 1 : 0;
    reader->offset = start + 12 + (size_t)actual_count * 2;
}

void ndr_write_bytes(struct ndr_writer *writer, const void *bytes, size_t length) {
    if (writer->offset <= writer->length && writer->length - writer->offset >= length)
        memcpy(writer->bytes + writer->offset, bytes, length);
    writer->offset += length;
}

void ndr_write_uint16(struct ndr_writer *writer, uint16_t value) {
    uint8_t bytes[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    ndr_write_bytes(writer, bytes, sizeof bytes);
}

void ndr_write_uint32(struct ndr_writer *writer, uint32_t value) {
    ndr_write_uint16(writer, (uint16_t)value);
    ndr_write_uint16(writer, (uint16_t)(value >> 16));
}

bool ndr_write_string(struct ndr_writer *writer, const char *utf8, size_t length) {
    static const uint8_t zeros[4] = {0};
    size_t units = utf16_from_utf8(utf8, length, NULL, 0);
    if (units == SIZE_MAX || units > NDR_STRING_LIMIT)
        return false;
    ndr_write_uint32(writer, (uint32_t)units + 1);
    ndr_write_uint32(writer, 0);
    ndr_write_uint32(writer, (uint32_t)units + 1);
    if (writer->offset < writer->length)
        utf16_from_utf8(utf8, length, writer->bytes + writer->offset,
                        (writer->length - writer->offset) / 2);
    writer->offset += 2 * units;
    ndr_write_bytes(writer, zeros, 2);
    ndr_write_bytes(writer, zeros, -writer->offset & 3);
    return true;
}
