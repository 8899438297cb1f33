/* The enumerations of netapi32, and calls of another library's that say a status alone, as one
 * blocking call whose answer has the form that net_enum_read_page or status_call_read reads. Knows
 * no Lua. */
#ifndef ROLLCALL_NETAPI32_H
#define ROLLCALL_NETAPI32_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rpc/net_enum.h"
#include "rpc/status_call.h"

struct netapi32_request {
    const struct net_enum_call *call;
    const struct net_enum_level *level;
    wchar_t *server_name; /* NULL: this computer */
    wchar_t *filters[NET_ENUM_FILTERS_LIMIT];
    uint32_t preferred_maximum_length;
    uint32_t resume_handle;
    uint32_t number; /* of a status call, whose texts are in `filters` */
};

struct netapi32_answer {
    uint32_t status; /* of the call */
    uint8_t
        *stub; /* to be freed; NULL if there was no memory for it, or `length` is over the limit */
    size_t length;
};

/* Makes the call. What netapi32 allocated is copied, checked for nothing yet, and freed again. */
struct netapi32_answer netapi32_call(const struct netapi32_request *request, size_t limit);
struct netapi32_answer netapi32_status_call(const struct status_call *call,
                                            const struct netapi32_request *request);

/* Keeps the library of such a call in memory to the end of the process: a thread that runs it may
 * be left to itself. */
void netapi32_keep_loaded(const struct status_call *call);

#endif
