/* What the runs of one user share: which credentials were refused, in a file of the user's folder
 * for such, which nobody else can write or read. Without a sound one each run is on its own.
 * No Lua. */
#ifndef ROLLCALL_REFUSAL_RECORD_H
#define ROLLCALL_REFUSAL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "smb/frame.h"

/* One credential's place in the file. */
struct refusal_place {
    uint64_t account;
    uint16_t secret;
};

struct refusal_record {
    bool open;
    int file;
    struct refusal_place place;
};

/* The place of a credential whose hash is given. An account that names no domain is one server's.
 */
struct refusal_place refusal_place_of(const struct frame_logon *logon, uint64_t credential);

/* Takes a place for as long as the record is open. False while another run has it, which then logs
 * on with that credential. True also where there is no file: then the record is not open. */
bool refusal_record_take(struct refusal_record *record, const struct refusal_place *place);

#define REFUSAL_TIME_LIMIT 32

/* How often the credential was refused within so many milliseconds; if at all, when last, as text.
 */
unsigned refusal_record_count(const struct refusal_record *record, int64_t within,
                              char at[REFUSAL_TIME_LIMIT]);

/* The credential was refused once more, or accepted. */
void refusal_record_add(const struct refusal_record *record, int64_t within);
void refusal_record_clear(const struct refusal_record *record);

/* May be called again. */
void refusal_record_close(struct refusal_record *record);

#endif
