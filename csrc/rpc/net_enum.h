/* The enumerations of MS-SRVS and MS-WKST, which all have one shape, from tables of calls, levels
 * and fields. Bytes in, rows out; no I/O. What a level consists of stands in the table of its
 * interface, in srvsvc.c or wkssvc.c, and nowhere else. */
#ifndef ROLLCALL_NET_ENUM_H
#define ROLLCALL_NET_ENUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/dcerpc.h"
#include "rpc/ndr.h"

#define NET_ENUM_FILTERS_LIMIT 2
#define NET_ENUM_FIELDS_LIMIT 8
#define NET_ENUM_NO_FIELD SIZE_MAX

enum net_enum_type { NET_ENUM_UINT32, NET_ENUM_STRING };

struct net_enum_field {
    const char *name; /* as in the specification, without the structure's prefix */
    enum net_enum_type type;
};

struct net_enum_level {
    uint32_t number;
    size_t field_count;
    const struct net_enum_field *fields;
};

struct rpc_interface {
    const char *pipe;
    struct dcerpc_syntax syntax;
    size_t call_count;
    const struct net_enum_call *calls;
};

struct net_enum_call {
    const struct rpc_interface *rpc_interface;
    const char *name;      /* in Lua */
    const char *procedure; /* in the specification */
    const char *groups;    /* whose members may ask for everything */
    uint16_t opnum;
    size_t filter_count;
    const char *filters[NET_ENUM_FILTERS_LIMIT]; /* the strings between ServerName and InfoStruct */
    size_t level_count;
    const struct net_enum_level *levels; /* the richest first */
};

struct net_enum_text {
    const char *utf8; /* NULL: a null pointer on the wire */
    size_t length;
};

struct net_enum_request {
    const struct net_enum_call *call;
    const struct net_enum_level *level;
    struct net_enum_text server_name;
    struct net_enum_text filters[NET_ENUM_FILTERS_LIMIT];
    uint32_t preferred_maximum_length;
    uint32_t resume_handle;
};

struct net_enum_value {
    uint32_t number;          /* NET_ENUM_UINT32 */
    struct ndr_string string; /* NET_ENUM_STRING; its utf16 is NULL for a null pointer */
};

/* One answer, checked as a whole, and a place in it. It points into the bytes it was read from. */
struct net_enum_page {
    const struct net_enum_level *level;
    uint32_t entries_read;
    uint32_t total_entries;
    bool has_resume_handle;
    uint32_t resume_handle;
    uint32_t status;
    size_t username; /* which of the level's fields this is, or NET_ENUM_NO_FIELD */
    size_t name;     /* netname or cname: the share or the computer that an entry is about */
    uint32_t placeholder_count; /* of the entries that were taken */
    uint32_t next_entry;
    struct ndr_reader fixed;   /* at the fixed part of the next entry */
    struct ndr_reader strings; /* at its first string */
};

const struct net_enum_level *net_enum_find_level(const struct net_enum_call *call, uint32_t number);

/* Writes a [string, unique] WCHAR *, with the next referent. False as ndr_write_string. */
bool net_enum_write_text(struct ndr_writer *writer, const struct net_enum_text *text,
                         uint32_t *referent);

/* Writes the stub of a request and returns its length, which may be more than `limit`: then
 * nothing is usable. 0 if a text is not valid UTF-8 or longer than NDR_STRING_LIMIT. */
size_t net_enum_write_request(const struct net_enum_request *request, uint8_t *stub, size_t limit);

/* Reads the stub of an answer at `level` and checks every length in it. Returns NULL, or what is
 * wrong; `*offset` then is where. */
const char *net_enum_read_page(struct net_enum_page *page, const struct net_enum_level *level,
                               const uint8_t *stub, size_t length, size_t *offset);

/* Gives the next entry's values, in the order of the level's fields; false after the last. */
bool net_enum_next_entry(struct net_enum_page *page,
                         struct net_enum_value values[NET_ENUM_FIELDS_LIMIT]);

#endif
