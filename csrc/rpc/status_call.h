/* Calls that say nothing but a status: which they are, in a table of whoever makes them. Bytes in,
 * a status out; no I/O. */
#ifndef ROLLCALL_STATUS_CALL_H
#define ROLLCALL_STATUS_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include "rpc/net_enum.h"

#define STATUS_CALL_TEXTS_LIMIT 2

/* A stub may be padded to 16 bytes; no longer one is to be taken. */
#define STATUS_CALL_ANSWER_LIMIT 19

struct status_call {
    const char *procedure; /* in the specification */
    const char *groups;    /* whose members may make it */
    uint16_t opnum;
    size_t text_count; /* strings after ServerName */
    bool has_number;   /* and a DWORD after them */
    /* The same call by the operating system; NULL where it is made over the wire. */
    uint32_t (*run)(wchar_t *server_name, wchar_t *const *texts, uint32_t number);
};

struct status_request {
    const struct status_call *call;
    struct net_enum_text server_name;
    struct net_enum_text texts[STATUS_CALL_TEXTS_LIMIT];
    uint32_t number;
};

/* As net_enum_write_request. */
size_t status_call_write(const struct status_request *request, uint8_t *stub, size_t limit);

/* Reads the stub of an answer. Returns NULL, or what is wrong. */
const char *status_call_read(const uint8_t *stub, size_t length, uint32_t *status);

#endif
