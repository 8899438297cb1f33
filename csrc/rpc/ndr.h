/* NDR, the transfer syntax of DCE/RPC (C706, chapter 14), as far as MS-SRVS needs it.
 * Little-endian only: dcerpc.c refuses anything else. Bytes in, values out; every length is
 * checked against the bytes that are really there. */
#ifndef ROLLCALL_NDR_H
#define ROLLCALL_NDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest text taken from an answer, in UTF-16 code units: that of a UNICODE_STRING. */
#define NDR_STRING_LIMIT 32767U

struct ndr_reader {
    const uint8_t *bytes;
    size_t length;
    size_t offset;
};

/* A [string] wchar_t array where it lies in the answer, unaligned, without its terminator. */
struct ndr_string {
    const uint8_t *utf16;
    size_t units;
};

/* A cursor over a buffer of the caller's. `offset` goes on past `length`, so that after the last
 * write it says how much room was needed; nothing is written beyond `length`. */
struct ndr_writer {
    uint8_t *bytes;
    size_t length;
    size_t offset;
};

bool ndr_read_uint32(struct ndr_reader *reader, uint32_t *value);

/* Reads a conformant varying string. Returns NULL, or what is wrong with it. */
const char *ndr_read_string(struct ndr_reader *reader, struct ndr_string *string);

/* Reads a string that ndr_read_string has accepted at this place before. */
void ndr_reread_string(struct ndr_reader *reader, struct ndr_string *string);

void ndr_write_uint16(struct ndr_writer *writer, uint16_t value);
void ndr_write_uint32(struct ndr_writer *writer, uint32_t value);
void ndr_write_bytes(struct ndr_writer *writer, const void *bytes, size_t length);

/* Writes UTF-8 as a conformant varying string with its terminator, and pads it to four bytes.
 * Returns false if it is not valid UTF-8. */
bool ndr_write_string(struct ndr_writer *writer, const char *utf8, size_t length);

static inline uint16_t ndr_uint16_at(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t ndr_uint32_at(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif
