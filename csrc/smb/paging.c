#include "smb/paging.h"

#include "rpc/win32_status.h"

/* So many pages in a row may say that there is more, and have nothing. */
#define EMPTY_PAGES_LIMIT 16

void paging_begin(struct paging *paging, uint32_t resume_handle) {
    *paging = (struct paging){.resume_handle = resume_handle, .earlier_handle = resume_handle};
}

void paging_take(struct paging *paging, const struct net_enum_page *page) {
    if (paging->page_count++ == 0)
        paging->claimed = page->total_entries;
    paging->empty_count = page->entries_read > 0 ? 0 : paging->empty_count + 1;
    paging->received += page->entries_read;
}

/* A handle is compared with one seen before, which is taken anew whenever the number of pages has
 * doubled: a circle of any length is found within three times its length. */
static bool moves_on(struct paging *paging, const struct net_enum_page *page) {
    if (!page->has_resume_handle || page->resume_handle == paging->earlier_handle ||
        page->resume_handle == paging->resume_handle)
        return false;
    if ((paging->page_count & (paging->page_count - 1)) == 0)
        paging->earlier_handle = paging->resume_handle;
    paging->resume_handle = page->resume_handle;
    return true;
}

enum paging_end paging_follow(struct paging *paging, const struct net_enum_page *page) {
    paging->placeholders += page->placeholder_count;
    if (page->status != ERROR_MORE_DATA)
        return PAGING_DONE;
    if (!moves_on(paging, page))
        return PAGING_CIRCLES;
    return paging->empty_count >= EMPTY_PAGES_LIMIT ? PAGING_EMPTY : PAGING_MORE;
}
