#include <stdio.h>
#include <stdlib.h>

#include "rpc/win32_status.h"
#include "smb/link_common.h"

static const char *const stage_names[STAGE_COUNT] = {
    [STAGE_WORKER] = "worker", [STAGE_RESOLVE] = "resolve", [STAGE_CONNECT] = "connect",
    [STAGE_LOGON] = "logon",   [STAGE_PIPE] = "pipe",       [STAGE_CALL] = "call",
};

static struct link_common *common_of(struct link *link) {
    return (struct link_common *)link;
}

static const struct link_common *known_of(const struct link *link) {
    return (const struct link_common *)link;
}

struct link *link_retain(struct link *link) {
    common_of(link)->references++;
    return link;
}

void link_release(struct link *link) {
    if (!link || --common_of(link)->references > 0)
        return;
    link_close(link);
    link_free(link);
}

void link_take(struct link *link, const void *owner, struct poller *poller) {
    struct link_common *common = common_of(link);
    if (link_is_busy(link) || common->state == LINK_ANSWERED)
        link_end(link);
    common->owner = owner;
    common->poller = poller;
}

void link_leave(struct link *link, const void *owner) {
    struct link_common *common = common_of(link);
    if (!owner || common->owner != owner)
        return;
    if (link_is_busy(link) || common->state == LINK_ANSWERED)
        link_end(link);
    common->owner = NULL;
    common->poller = NULL;
}

void link_close(struct link *link) {
    link_end(link);
    common_of(link)->owner = NULL;
    common_of(link)->poller = NULL;
}

bool link_is_idle(const struct link *link) {
    return known_of(link)->state == LINK_READY;
}

bool link_is_busy(const struct link *link) {
    switch (known_of(link)->state) {
    case LINK_STARTING:
    case LINK_OPENING:
    case LINK_ASKING:
    case LINK_BINDING:
    case LINK_CALLING:
        return true;
    default:
        return false;
    }
}

enum link_state link_state(const struct link *link, const void *owner) {
    return known_of(link)->owner == owner ? known_of(link)->state : LINK_LOST;
}

int64_t link_timeout(const struct link *link) {
    return known_of(link)->timeout_milliseconds;
}

int64_t link_begun(const struct link *link) {
    return known_of(link)->begun;
}

int64_t link_deadline(const struct link *link) {
    return known_of(link)->deadline;
}

const struct link_failure *link_failure(const struct link *link) {
    return &known_of(link)->failure;
}

void link_free_page(struct link_page *page) {
    free(page->stub);
    *page = (struct link_page){0};
}

void link_start_step(struct link *link, enum link_state state, enum frame_stage stage,
                     int64_t now) {
    struct link_common *common = common_of(link);
    common->state = state;
    common->stage = stage;
    common->begun = now;
    common->deadline = now + common->timeout_milliseconds;
}

void link_set_failed(struct link *link, enum frame_stage stage, uint32_t status,
                     const char *detail) {
    struct link_common *common = common_of(link);
    link_failure_set(&common->failure, stage_names[stage], status, detail);
    common->state = LINK_FAILED;
}

void link_set_late(struct link *link, enum frame_stage stage) {
    char detail[64];
    snprintf(detail, sizeof detail, "waited %g seconds",
             known_of(link)->timeout_milliseconds / 1000.0);
    link_set_failed(link, stage, ERROR_SEM_TIMEOUT, detail);
}
