/* The PDUs of a server, one behind another: the answer to a bind first, then the fragments of an
 * answer. Whatever comes, nothing is larger than it may be; and an answer that is complete comes
 * out the same when it is cut into other fragments. */
#include "rpc/dcerpc.h"

#include <string.h>

#include "check.h"
#include "rpc/ndr.h"

#define LIMIT 20000
#define RESPONSE_HEADER_LENGTH 24
#define RECORDED_CALL_ID 2

static size_t pdu_length(const uint8_t *data, size_t size) {
    size_t announced = size >= DCERPC_HEADER_LENGTH ? ndr_uint16_at(data + 8) : size;
    return announced < DCERPC_HEADER_LENGTH || announced > size ? size : announced;
}

/* What was accepted is not, once its result is another. */
static void check_refused(const uint8_t *pdu, size_t length, uint32_t call_id) {
    uint16_t fragment_limit;
    size_t results = (26 + (size_t)ndr_uint16_at(pdu + 24) + 3) & ~(size_t)3;
    uint8_t *refused = check_copy(pdu, length);
    refused[results + 4] = 2;
    refused[results + 6] = refused[results + 7] = 0; /* no reason */
    CHECK(dcerpc_read_bind_ack(refused, length, call_id, &fragment_limit) != NULL);
    free(refused);
}

static void check_bind(const uint8_t *pdu, size_t length) {
    uint16_t fragment_limit = 0;
    uint32_t call_id = length >= DCERPC_HEADER_LENGTH ? ndr_uint32_at(pdu + 12) : 0;
    if (dcerpc_read_bind_ack(pdu, length, call_id, &fragment_limit) == NULL) {
        CHECK(fragment_limit >= 32 && fragment_limit <= DCERPC_FRAGMENT_LIMIT);
        check_refused(pdu, length, call_id);
    }
    CHECK(dcerpc_read_bind_ack(pdu, length, call_id + 1, &fragment_limit) != NULL);
}

/* A bind is accepted behind an address of any length, and not where the result is cut. */
static void check_addresses(void) {
    for (uint8_t address = 0; address < 16; address++) {
        uint8_t ack[26 + 16 + 3 + 8] = {5, 0, DCERPC_BIND_ACK, 3, 0x10};
        size_t results = 26U + address;
        while (results % 4 != 0)
            results++;
        uint8_t length = (uint8_t)(results + 8);
        uint16_t fragment_limit;
        ack[8] = length;
        ack[18] = 64;
        ack[24] = address;
        ack[results] = 1;
        CHECK(dcerpc_read_bind_ack(ack, length, 0, &fragment_limit) == NULL);
        ack[8] = --length;
        CHECK(dcerpc_read_bind_ack(ack, length, 0, &fragment_limit) != NULL);
    }
}

static void write_fragment(uint8_t *pdu, const struct dcerpc_answer *answer, size_t offset,
                           size_t length) {
    size_t total = RESPONSE_HEADER_LENGTH + length;
    memset(pdu, 0, RESPONSE_HEADER_LENGTH);
    pdu[0] = 5;
    pdu[2] = DCERPC_RESPONSE;
    pdu[3] = (uint8_t)((offset == 0 ? DCERPC_FIRST_FRAGMENT : 0) |
                       (offset + length == answer->length ? DCERPC_LAST_FRAGMENT : 0));
    pdu[4] = 0x10;
    pdu[8] = (uint8_t)total;
    pdu[9] = (uint8_t)(total >> 8);
    pdu[12] = (uint8_t)answer->call_id;
    pdu[13] = (uint8_t)(answer->call_id >> 8);
    pdu[14] = (uint8_t)(answer->call_id >> 16);
    pdu[15] = (uint8_t)(answer->call_id >> 24);
    if (length > 0)
        memcpy(pdu + RESPONSE_HEADER_LENGTH, answer->stub + offset, length);
}

static void check_other_cuts(const struct dcerpc_answer *answer, uint32_t seed) {
    static uint8_t pdu[RESPONSE_HEADER_LENGTH + LIMIT];
    struct dcerpc_answer again = {0};
    dcerpc_start_answer(&again, answer->call_id, answer->length); /* not a byte more */
    size_t offset = 0;
    do {
        seed = seed * 1664525 + 1013904223;
        size_t length = 1 + (seed >> 16) % 700;
        if (length > answer->length - offset)
            length = answer->length - offset;
        write_fragment(pdu, answer, offset, length);
        CHECK(!again.complete);
        CHECK(dcerpc_add_fragment(&again, pdu, RESPONSE_HEADER_LENGTH + length) == NULL);
        offset += length;
    } while (offset < answer->length);
    CHECK(again.complete && again.length == answer->length && again.capacity <= again.limit);
    CHECK(again.length == 0 || memcmp(again.stub, answer->stub, again.length) == 0);
    CHECK(dcerpc_add_fragment(&again, pdu, RESPONSE_HEADER_LENGTH) != NULL);
    dcerpc_free_answer(&again);
}

/* What is sent comes to the server as it was meant, in fragments no larger than it wants. */
static void check_request(const uint8_t *stub, size_t length, uint16_t fragment_limit) {
    uint8_t pdu[DCERPC_FRAGMENT_LIMIT];
    struct dcerpc_header header;
    size_t offset = 0, pdu_size;
    while (offset < length) {
        size_t carried = dcerpc_write_request(pdu, fragment_limit, RECORDED_CALL_ID, 15, stub,
                                              length, offset, &pdu_size);
        CHECK(carried > 0 && pdu_size <= fragment_limit);
        CHECK(dcerpc_read_header(pdu, pdu_size, &header) == NULL);
        CHECK(header.fragment_length == pdu_size && header.type == DCERPC_REQUEST);
        CHECK(((header.flags & DCERPC_FIRST_FRAGMENT) != 0) == (offset == 0));
        CHECK(memcmp(pdu + pdu_size - carried, stub + offset, carried) == 0);
        offset += carried;
        CHECK(((header.flags & DCERPC_LAST_FRAGMENT) != 0) == (offset == length));
    }
}

static void check_fault(uint32_t fault) {
    const char *name = dcerpc_fault_name(fault);
    CHECK(fault != 0 && (!name || name[0]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct dcerpc_answer answer = {0};
    uint8_t bind[DCERPC_BIND_LENGTH];
    struct dcerpc_header header;
    const struct dcerpc_syntax interface = {{1, 2, 3}, 3};
    check_addresses();
    dcerpc_write_bind(bind, (uint32_t)size, &interface);
    CHECK(dcerpc_read_header(bind, sizeof bind, &header) == NULL && header.call_id == size);
    dcerpc_start_answer(&answer, RECORDED_CALL_ID, LIMIT);
    for (size_t offset = 0, number = 0; offset < size; number++) {
        size_t length = pdu_length(data + offset, size - offset);
        uint8_t *pdu = check_copy(data + offset, length);
        offset += length;
        if (number == 0)
            check_bind(pdu, length);
        bool was_complete = answer.complete;
        const char *problem = dcerpc_add_fragment(&answer, pdu, length);
        CHECK(answer.length <= LIMIT && answer.capacity <= LIMIT);
        CHECK(!was_complete || problem);
        free(pdu);
        if (answer.fault)
            check_fault(answer.fault);
        if (answer.complete && !answer.fault) {
            check_other_cuts(&answer, (uint32_t)size);
            check_request(answer.stub, answer.length, (uint16_t)(32 + size % 5800));
            dcerpc_start_answer(&answer, ++answer.call_id, LIMIT);
        }
    }
    dcerpc_free_answer(&answer);
    return 0;
}
