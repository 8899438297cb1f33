#include "smb/refusal_record.h"

/* Here a logon cannot be held back until another run's has ended: each run is on its own. */

struct refusal_place refusal_place_of(const struct frame_logon *logon, uint64_t credential) {
    (void)logon;
    (void)credential;
    return (struct refusal_place){0, 0};
}

bool refusal_record_take(struct refusal_record *record, const struct refusal_place *place) {
    *record = (struct refusal_record){false, -1, *place};
    return true;
}

unsigned refusal_record_count(const struct refusal_record *record, int64_t within,
                              char at[REFUSAL_TIME_LIMIT]) {
    (void)record;
    (void)within;
    (void)at;
    return 0;
}

void refusal_record_add(const struct refusal_record *record, int64_t within) {
    (void)record;
    (void)within;
}

void refusal_record_clear(const struct refusal_record *record) {
    (void)record;
}

void refusal_record_close(struct refusal_record *record) {
    (void)record;
}
