/* A named pipe of an SMB server, by libsmbclient: the only file that knows that library. */
#ifndef ROLLCALL_CARRIER_H
#define ROLLCALL_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smb/frame.h"

struct carrier;

/* Loads the configuration once for the whole process. NULL if there is no memory. */
struct carrier *carrier_new(void);

/* These return false and fill in `failure`, and the pipe is closed then. `at_stage` gets what
 * an open has come to; it may not return false or call the carrier. */
bool carrier_open(struct carrier *carrier, const struct frame_logon *logon,
                  void (*at_stage)(enum frame_stage stage), struct frame_failure *failure);

/* Opens another pipe of the same server over the same logon, instead of the one that is open. */
bool carrier_open_pipe(struct carrier *carrier, const char *name, struct frame_failure *failure);

bool carrier_write(struct carrier *carrier, const uint8_t *bytes, size_t length,
                   struct frame_failure *failure);
bool carrier_read(struct carrier *carrier, uint8_t *bytes, size_t length,
                  struct frame_failure *failure);

void carrier_close(struct carrier *carrier);

#endif
