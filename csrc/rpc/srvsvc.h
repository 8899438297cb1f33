/* MS-SRVS: the enumerations of the srvsvc interface, as one table of calls, levels and fields.
 * Bytes in, rows out; no I/O. What a level consists of stands in the table in srvsvc.c and
 * nowhere else. */
#ifndef ROLLCALL_SRVSVC_H
#define ROLLCALL_SRVSVC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/dcerpc.h"
#include "rpc/ndr.h"

#define SRVSVC_FILTERS_LIMIT 2
#define SRVSVC_FIELDS_LIMIT 8
#define SRVSVC_NO_FIELD SIZE_MAX

enum srvsvc_type { SRVSVC_UINT32, SRVSVC_STRING };

struct srvsvc_field {
    const char *name; /* as in MS-SRVS, without the structure's prefix */
    enum srvsvc_type type;
};

struct srvsvc_level {
    uint32_t number;
    size_t field_count;
    const struct srvsvc_field *fields;
};

struct srvsvc_call {
    const char *name;      /* in Lua */
    const char *procedure; /* in MS-SRVS */
    const char *groups;    /* whose members may ask for everything */
    uint16_t opnum;
    size_t filter_count;
    const char *filters[SRVSVC_FILTERS_LIMIT]; /* the strings between ServerName and InfoStruct */
    size_t level_count;
    const struct srvsvc_level *levels; /* the richest first */
};

struct srvsvc_text {
    const char *utf8; /* NULL: a null pointer on the wire */
    size_t length;
};

struct srvsvc_request {
    const struct srvsvc_call *call;
    const struct srvsvc_level *level;
    struct srvsvc_text server_name;
    struct srvsvc_text filters[SRVSVC_FILTERS_LIMIT];
    uint32_t preferred_maximum_length;
    uint32_t resume_handle;
};

struct srvsvc_value {
    uint32_t number;          /* SRVSVC_UINT32 */
    struct ndr_string string; /* SRVSVC_STRING; its utf16 is NULL for a null pointer */
};

/* One answer, checked as a whole, and a place in it. It points into the bytes it was read from. */
struct srvsvc_page {
    const struct srvsvc_level *level;
    uint32_t entries_read;
    uint32_t total_entries;
    bool has_resume_handle;
    uint32_t resume_handle;
    uint32_t status;
    size_t username; /* which of the level's fields this is, or SRVSVC_NO_FIELD */
    size_t name;     /* netname or cname: the share or the computer that an entry is about */
    uint32_t placeholder_count; /* of the entries that were taken */
    uint32_t next_entry;
    struct ndr_reader fixed;   /* at the fixed part of the next entry */
    struct ndr_reader strings; /* at its first string */
};

extern const struct dcerpc_syntax srvsvc_interface;
extern const struct srvsvc_call srvsvc_calls[];
extern const size_t srvsvc_call_count;

const struct srvsvc_call *srvsvc_find_call(const char *name);
const struct srvsvc_level *srvsvc_find_level(const struct srvsvc_call *call, uint32_t number);

/* Writes the stub of a request and returns its length, which may be more than `limit`: then
 * nothing is usable. 0 if a text is not valid UTF-8 or longer than NDR_STRING_LIMIT. */
size_t srvsvc_write_request(const struct srvsvc_request *request, uint8_t *stub, size_t limit);

/* Reads the stub of an answer at `level` and checks every length in it. Returns NULL, or what is
 * wrong; `*offset` then tells where. */
const char *srvsvc_read_page(struct srvsvc_page *page, const struct srvsvc_level *level,
                             const uint8_t *stub, size_t length, size_t *offset);

/* Gives the next entry's values, in the order of the level's fields; false after the last. */
bool srvsvc_next_entry(struct srvsvc_page *page, struct srvsvc_value values[SRVSVC_FIELDS_LIMIT]);

/* Whether an entry has the words that Samba fills in for the user and the computer of a
 * connection, which it cannot tell. */
bool srvsvc_is_placeholder(const struct srvsvc_page *page, const struct srvsvc_value *values);

#endif
