/* A number of the wire, read as one word, which is the same on the machine that the analysis
 * assumes: so a count that was read, and found to be in order, is the same when it is read again.
 */
#define ndr_uint32_at ndr_uint32_of_bytes
#include "rpc/ndr.h"
#undef ndr_uint32_at

#define WORD(bytes) (*(const uint32_t *)(bytes))

static inline uint32_t ndr_uint32_at(const uint8_t *bytes) {
    return WORD(bytes);
}

/* These do nothing but distinguish cases, each of which the analysis then follows on its own. */
static void tell_null_apart(const struct ndr_reader *reader) {
    if (WORD(reader->bytes + reader->offset) == 0)
        return;
}

static void tell_counts_apart(const struct ndr_reader *reader, size_t ahead) {
    size_t offset = ((reader->offset + 3) & ~(size_t)3) + ahead;
    if (reader->length < offset + 4)
        return;
    for (uint32_t count = 0; count <= (reader->length - offset) / 2; count++)
        if (WORD(reader->bytes + offset) == count)
            return;
}
