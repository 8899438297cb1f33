/* What the mock's servers give: the datasets of spec/lab/double.py, and names that only
 * netapi32 can hand over. */
#ifndef STAND_IN_DATASETS_H
#define STAND_IN_DATASETS_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

enum kind { CONNECTIONS, FILES, SESSIONS, SHARES, LOGONS };

/* An entry of any kind. */
struct row {
    unsigned long id, type, num_opens, num_users, time, idle_time, permissions, num_locks;
    unsigned long current_uses, flags;
    const wchar_t *username, *name, *pathname, *remark; /* name: netname or cname; of a
                                                              logon: domain, others, server */
};

/* What a call finds. Its names stay where they are until the next `select` of the same thread. */
struct selection {
    const struct row *rows;
    size_t count;
    size_t entry_size;                     /* what an entry takes of prefmaxlen */
    struct row (*generate)(size_t number); /* from `first` on, instead of `rows` */
    size_t first;
};

/* Selects from the office's server, or from a big one. False if it has no such share. `filters` are
 * those of the call, without what stands behind a semicolon. */
bool dataset_select(bool big, enum kind kind, const wchar_t *const filters[2],
                    struct selection *selection);

/* The entry at `index`. */
struct row dataset_row(const struct selection *selection, size_t index);

#endif
