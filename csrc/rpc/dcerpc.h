/* Connection-oriented DCE/RPC (C706, chapter 12; MS-RPCE): the PDUs that a client of one
 * interface sends and gets. Bytes in, bytes out; the carrier is somebody else's. */
#ifndef ROLLCALL_DCERPC_H
#define ROLLCALL_DCERPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DCERPC_HEADER_LENGTH 16
#define DCERPC_BIND_LENGTH 72

/* The largest fragment offered in a bind. Samba and Windows answer with 5,840 or 4,280 at most. */
#define DCERPC_FRAGMENT_LIMIT 5840

enum dcerpc_type {
    DCERPC_REQUEST = 0,
    DCERPC_RESPONSE = 2,
    DCERPC_FAULT = 3,
    DCERPC_BIND = 11,
    DCERPC_BIND_ACK = 12,
    DCERPC_BIND_NAK = 13,
};

enum { DCERPC_FIRST_FRAGMENT = 1, DCERPC_LAST_FRAGMENT = 2 };

struct dcerpc_header {
    uint8_t type;
    uint8_t flags;
    uint16_t fragment_length;
    uint16_t auth_length;
    uint32_t call_id;
};

struct dcerpc_syntax {
    uint8_t uuid[16];
    uint32_t version;
};

/* An answer put together from its fragments. It grows with the bytes that came, never with
 * those that were announced, and not beyond `limit`. */
struct dcerpc_answer {
    uint8_t *stub;
    size_t length;
    size_t capacity;
    size_t limit;
    uint32_t call_id;
    uint32_t fault; /* status of a fault PDU; 0: none came */
    bool started;
    bool complete;
};

/* These return NULL, or what is wrong with the bytes. */
const char *dcerpc_read_header(const uint8_t *bytes, size_t length, struct dcerpc_header *header);
const char *dcerpc_read_bind_ack(const uint8_t *pdu, size_t length, uint32_t call_id,
                                 uint16_t *fragment_limit);
const char *dcerpc_add_fragment(struct dcerpc_answer *answer, const uint8_t *pdu, size_t length);

/* What dcerpc_add_fragment returns if it has no memory, which is no fault of the bytes. */
extern const char dcerpc_no_memory[];

void dcerpc_write_bind(uint8_t pdu[DCERPC_BIND_LENGTH], uint32_t call_id,
                       const struct dcerpc_syntax *interface);

/* Writes the fragment of a request that starts at `offset` of the stub and returns how many stub
 * bytes it carries. `pdu` has room for `fragment_limit` bytes; `*length` gets the PDU's length. */
size_t dcerpc_write_request(uint8_t *pdu, uint16_t fragment_limit, uint32_t call_id, uint16_t opnum,
                            const uint8_t *stub, size_t stub_length, size_t offset, size_t *length);

/* Makes `answer` ready for the call's fragments, and frees what an earlier call left. */
void dcerpc_start_answer(struct dcerpc_answer *answer, uint32_t call_id, size_t limit);
void dcerpc_free_answer(struct dcerpc_answer *answer);

/* The name of a fault's status in C706, appendix E, or NULL. */
const char *dcerpc_fault_name(uint32_t fault);

#endif
