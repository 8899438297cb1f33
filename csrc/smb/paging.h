/* The pages of one enumeration at one server: whether there is another, where it begins, and what
 * was said and received so far. No Lua and no I/O. */
#ifndef ROLLCALL_PAGING_H
#define ROLLCALL_PAGING_H

#include <stdint.h>

#include "rpc/net_enum.h"

struct paging {
    uint32_t resume_handle;  /* of the page that is next */
    uint32_t earlier_handle; /* one that was seen before, for noticing a circle */
    uint32_t page_count;
    uint32_t empty_count; /* of the latest pages */
    uint64_t claimed;     /* entries the server said there are, when it was first asked */
    uint64_t received;
    uint64_t placeholders; /* of those received */
};

enum paging_end {
    PAGING_MORE,    /* there is another page, at resume_handle */
    PAGING_DONE,    /* the server says that this was the last */
    PAGING_CIRCLES, /* the server says that there is more, where it has been before */
    PAGING_EMPTY,   /* or has said so for long and sent nothing */
};

/* Before the first page, which begins at the handle. */
void paging_begin(struct paging *paging, uint32_t resume_handle);

/* A page has come. */
void paging_take(struct paging *paging, const struct net_enum_page *page);

/* The page has been read to its end. */
enum paging_end paging_follow(struct paging *paging, const struct net_enum_page *page);

#endif
