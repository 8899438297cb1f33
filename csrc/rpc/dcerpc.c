#include "rpc/dcerpc.h"

#include <stdlib.h>
#include <string.h>

#include "rpc/ndr.h"

#define REQUEST_HEADER_LENGTH 24
#define RESPONSE_HEADER_LENGTH 24
#define FAULT_LENGTH 28
#define BIND_ACK_LEAST_LENGTH 26
#define LITTLE_ENDIAN_ASCII_IEEE 0x10

static const struct dcerpc_syntax ndr_transfer_syntax = {{0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9,
                                                          0x11, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10,
                                                          0x48, 0x60},
                                                         2};

const char *dcerpc_read_header(const uint8_t *bytes, size_t length, struct dcerpc_header *header) {
    if (length < DCERPC_HEADER_LENGTH)
        return "a fragment shorter than its header";
    if (bytes[0] != 5 || bytes[1] > 1)
        return "a version of DCE/RPC other than 5.0";
    if (bytes[4] != LITTLE_ENDIAN_ASCII_IEEE)
        return "an answer that is not in little-endian NDR";
    header->type = bytes[2];
    header->flags = bytes[3];
    header->fragment_length = ndr_uint16_at(bytes + 8);
    header->auth_length = ndr_uint16_at(bytes + 10);
    header->call_id = ndr_uint32_at(bytes + 12);
    if (header->fragment_length < DCERPC_HEADER_LENGTH)
        return "a fragment that claims to be shorter than its header";
    return NULL;
}

/* A whole PDU that answers `call_id`: its header, checked against the bytes that came. */
static const char *read_answer_header(const uint8_t *pdu, size_t length, uint32_t call_id,
                                      struct dcerpc_header *header) {
    const char *problem = dcerpc_read_header(pdu, length, header);
    if (problem)
        return problem;
    if (header->fragment_length != length)
        return "a fragment whose length is not what its header claims";
    if (header->auth_length != 0)
        return "a fragment with a security trailer, which was not negotiated";
    if (header->call_id != call_id)
        return "an answer to another call";
    return NULL;
}

static void write_header(struct ndr_writer *writer, uint8_t type, uint8_t flags, size_t length,
                         uint32_t call_id) {
    const uint8_t start[8] = {5, 0, type, flags, LITTLE_ENDIAN_ASCII_IEEE, 0, 0, 0};
    ndr_write_bytes(writer, start, sizeof start);
    ndr_write_uint16(writer, (uint16_t)length);
    ndr_write_uint16(writer, 0);
    ndr_write_uint32(writer, call_id);
}

static void write_syntax(struct ndr_writer *writer, const struct dcerpc_syntax *syntax) {
    ndr_write_bytes(writer, syntax->uuid, sizeof syntax->uuid);
    ndr_write_uint32(writer, syntax->version);
}

void dcerpc_write_bind(uint8_t pdu[DCERPC_BIND_LENGTH], uint32_t call_id,
                       const struct dcerpc_syntax *interface) {
    struct ndr_writer writer = {pdu, DCERPC_BIND_LENGTH, 0};
    write_header(&writer, DCERPC_BIND, DCERPC_FIRST_FRAGMENT | DCERPC_LAST_FRAGMENT,
                 DCERPC_BIND_LENGTH, call_id);
    ndr_write_uint16(&writer, DCERPC_FRAGMENT_LIMIT);
    ndr_write_uint16(&writer, DCERPC_FRAGMENT_LIMIT);
    ndr_write_uint32(&writer, 0); /* a new association group */
    ndr_write_uint32(&writer, 1); /* one presentation context */
    ndr_write_uint16(&writer, 0); /* its id */
    ndr_write_uint16(&writer, 1); /* one transfer syntax */
    write_syntax(&writer, interface);
    write_syntax(&writer, &ndr_transfer_syntax);
}

const char *dcerpc_read_bind_ack(const uint8_t *pdu, size_t length, uint32_t call_id,
                                 uint16_t *fragment_limit) {
    struct dcerpc_header header;
    const char *problem = read_answer_header(pdu, length, call_id, &header);
    if (problem)
        return problem;
    if (header.type == DCERPC_BIND_NAK)
        return "a refusal to bind";
    if (header.type != DCERPC_BIND_ACK || length < BIND_ACK_LEAST_LENGTH)
        return "no answer to the bind";
    uint16_t server_limit = ndr_uint16_at(pdu + 18);
    size_t results = (26 + (size_t)ndr_uint16_at(pdu + 24) + 3) & ~(size_t)3;
    if (length < results + 8 || pdu[results] == 0)
        return "an answer to the bind without a result";
    if (ndr_uint16_at(pdu + results + 4) != 0)
        return "a bind that was not accepted";
    if (server_limit < REQUEST_HEADER_LENGTH + 8)
        return "a fragment limit too small for any request";
    *fragment_limit = server_limit < DCERPC_FRAGMENT_LIMIT ? server_limit : DCERPC_FRAGMENT_LIMIT;
    return NULL;
}

size_t dcerpc_write_request(uint8_t *pdu, uint16_t fragment_limit, uint32_t call_id, uint16_t opnum,
                            const uint8_t *stub, size_t stub_length, size_t offset,
                            size_t *length) {
    size_t rest = stub_length - offset;
    size_t room = (size_t)(fragment_limit - REQUEST_HEADER_LENGTH) & ~(size_t)7;
    size_t carried = rest < room ? rest : room;
    uint8_t flags = (uint8_t)((offset == 0 ? DCERPC_FIRST_FRAGMENT : 0) |
                              (carried == rest ? DCERPC_LAST_FRAGMENT : 0));
    *length = REQUEST_HEADER_LENGTH + carried;
    struct ndr_writer writer = {pdu, fragment_limit, 0};
    write_header(&writer, DCERPC_REQUEST, flags, *length, call_id);
    ndr_write_uint32(&writer, (uint32_t)rest);
    ndr_write_uint16(&writer, 0);
    ndr_write_uint16(&writer, opnum);
    ndr_write_bytes(&writer, stub + offset, carried);
    return carried;
}

void dcerpc_free_answer(struct dcerpc_answer *answer) {
    free(answer->stub);
    *answer = (struct dcerpc_answer){0};
}

void dcerpc_start_answer(struct dcerpc_answer *answer, uint32_t call_id, size_t limit) {
    dcerpc_free_answer(answer);
    answer->call_id = call_id;
    answer->limit = limit;
}

const char dcerpc_no_memory[] = "an answer larger than the memory there is";

static const char *append_stub(struct dcerpc_answer *answer, const uint8_t *bytes, size_t length) {
    if (length > answer->limit - answer->length)
        return "an answer larger than the limit set for it";
    if (answer->capacity - answer->length < length) {
        size_t capacity = answer->capacity ? answer->capacity * 2 : 8192;
        if (capacity > answer->limit)
            capacity = answer->limit;
        if (capacity < answer->length + length)
            capacity = answer->length + length;
        uint8_t *stub = realloc(answer->stub, capacity);
        if (!stub)
            return dcerpc_no_memory;
        answer->stub = stub;
        answer->capacity = capacity;
    }
    if (length > 0)
        memcpy(answer->stub + answer->length, bytes, length);
    answer->length += length;
    return NULL;
}

const char *dcerpc_add_fragment(struct dcerpc_answer *answer, const uint8_t *pdu, size_t length) {
    struct dcerpc_header header;
    const char *problem = read_answer_header(pdu, length, answer->call_id, &header);
    if (problem)
        return problem;
    if (answer->complete)
        return "a fragment after the last";
    if (header.type == DCERPC_FAULT) {
        if (length < FAULT_LENGTH)
            return "a fault without a status";
        answer->fault = ndr_uint32_at(pdu + 24);
        if (answer->fault == 0)
            return "a fault whose status is 0";
        answer->complete = true;
        return NULL;
    }
    if (header.type != DCERPC_RESPONSE || length < RESPONSE_HEADER_LENGTH)
        return "a PDU that is no response";
    if (answer->started == ((header.flags & DCERPC_FIRST_FRAGMENT) != 0))
        return answer->started ? "a second first fragment" : "no first fragment";
    answer->started = true;
    answer->complete = header.flags & DCERPC_LAST_FRAGMENT;
    return append_stub(answer, pdu + RESPONSE_HEADER_LENGTH, length - RESPONSE_HEADER_LENGTH);
}

const char *dcerpc_fault_name(uint32_t fault) {
    static const struct {
        uint32_t status;
        const char *name;
    } names[] = {
        {0x000006f7, "RPC_X_BAD_STUB_DATA"},
        {0x1c000006, "nca_s_fault_access_denied"},
        {0x1c000008, "nca_rpc_version_mismatch"},
        {0x1c00000b, "nca_proto_error"},
        {0x1c000012, "nca_s_fault_invalid_tag"},
        {0x1c000013, "nca_s_fault_invalid_bound"},
        {0x1c00001a, "nca_s_fault_context_mismatch"},
        {0x1c00001b, "nca_s_fault_remote_no_memory"},
        {0x1c010002, "nca_op_rng_error"},
        {0x1c010003, "nca_unk_if"},
        {0x1c010014, "nca_server_too_busy"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].status == fault)
            return names[i].name;
    return NULL;
}
