/* Any bytes as the answer to a bind, and as fragments of an answer, one behind another. */
#include "proof.h"

#include "rpc/dcerpc.c"
#include "rpc/ndr.c"

static uint8_t space[BOUND];

static const uint8_t *any_pdu(size_t length) {
    unknown(space, sizeof space);
    return space + sizeof space - length;
}

static void read_bind_ack(size_t length) {
    uint16_t fragment_limit;
    uint32_t call_id;
    unknown(&call_id, sizeof call_id);
    if (!dcerpc_read_bind_ack(any_pdu(length), length, call_id, &fragment_limit)) {
        //@ assert 32 <= fragment_limit <= DCERPC_FRAGMENT_LIMIT;
    }
}

static void write_bind(void) {
    uint8_t pdu[DCERPC_BIND_LENGTH];
    struct dcerpc_header header;
    static const struct dcerpc_syntax interface = {{1, 2, 3}, 3};
    dcerpc_write_bind(pdu, 7, &interface);
    //@ assert \initialized(pdu + (0 .. DCERPC_BIND_LENGTH - 1));
    const char *problem = dcerpc_read_header(pdu, sizeof pdu, &header);
    //@ assert !problem && header.fragment_length == DCERPC_BIND_LENGTH && header.call_id == 7;
}

static void write_request(uint16_t fragment_limit, size_t stub_length, size_t offset) {
    uint8_t pdus[40];
    uint8_t *pdu = pdus + sizeof pdus - fragment_limit;
    size_t length;
    size_t carried = dcerpc_write_request(pdu, fragment_limit, 7, 15, space + BOUND - stub_length,
                                          stub_length, offset, &length);
    //@ assert carried <= stub_length - offset && length <= fragment_limit;
    //@ assert carried > 0 || offset == stub_length;
}

/* What was put together is there, and not beyond the limit. */
static void check_answer(const struct dcerpc_answer *answer) {
    //@ assert answer->length <= answer->capacity <= answer->limit;
    if (answer->length > 0) {
        //@ assert \initialized(answer->stub + (0 .. answer->length - 1));
    }
    if (answer->fault)
        dcerpc_fault_name(answer->fault);
}

static void add_fragments(size_t limit, size_t first, size_t second) {
    struct dcerpc_answer answer = {0};
    uint32_t call_id;
    unknown(&call_id, sizeof call_id);
    turns = 0;
    dcerpc_start_answer(&answer, call_id, limit);
    if (!dcerpc_add_fragment(&answer, any_pdu(first), first)) {
        check_answer(&answer);
        if (!dcerpc_add_fragment(&answer, any_pdu(second), second))
            check_answer(&answer);
    }
    dcerpc_free_answer(&answer);
    //@ assert turns <= 2 * 12;
}

int main(void) {
#ifdef BIND
    for (size_t length = 0; length <= BOUND; length++)
        read_bind_ack(length);
    write_bind();
#elif defined(REQUEST)
    unknown(space, sizeof space);
    for (size_t stub_length = 0; stub_length <= BOUND; stub_length++)
        for (size_t offset = 0; offset <= stub_length; offset += 8)
            for (uint16_t limit = 32; limit <= 40; limit += 4)
                write_request(limit, stub_length, offset);
#elif defined(LONG)
    static const size_t lengths[] = {24, 25, 8217, BOUND};
    static const size_t limits[] = {8191, 8192, 8193, 16384, 100000};
    for (size_t limit = 0; limit < 5; limit++)
        for (size_t first = 0; first < 4; first++)
            for (size_t second = 0; second < 4; second++)
                add_fragments(limits[limit], lengths[first], lengths[second]);
#else
    for (size_t first = 0; first < 24; first++)
        add_fragments(4, first, 0);
    for (size_t limit = 0; limit <= 4; limit += 2)
        for (size_t first = 24; first <= 28; first++)
            for (size_t second = 22; second <= 28; second += 3)
                add_fragments(limit, first, second);
#endif
    return 0;
}
