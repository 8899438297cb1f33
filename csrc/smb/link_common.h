/* What every kind of link begins with, for link.c and the kinds alone. */
#ifndef ROLLCALL_LINK_COMMON_H
#define ROLLCALL_LINK_COMMON_H

#include "smb/link.h"

struct link_common {
    enum link_state state;
    enum frame_stage stage;
    unsigned references;
    const void *owner;
    struct poller *poller;              /* the owner's */
    const char *procedure;              /* that is called */
    const struct net_enum_level *level; /* of an enumeration */
    uint32_t timeout_milliseconds;
    int64_t begun;    /* the step that is under way */
    int64_t deadline; /* of it */
    struct link_failure failure;
};

/* What the kinds have: to end everything and stay usable; to free the link, which is closed; to
 * wait for its events with the poller of its owner, or no longer. */
void link_end(struct link *link);
void link_free(struct link *link);
void link_watch(struct link *link);

/* A step begins. */
void link_start_step(struct link *link, enum link_state state, enum frame_stage stage, int64_t now);

/* The link has failed; what it holds is as the kind left it. */
void link_set_failed(struct link *link, enum frame_stage stage, uint32_t status,
                     const char *detail);

/* The step that is under way is past its deadline. */
void link_set_late(struct link *link, enum frame_stage stage);

#endif
