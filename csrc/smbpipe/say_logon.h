/* The failure of a logon, as whoever finds it words it. */
#ifndef ROLLCALL_SAY_LOGON_H
#define ROLLCALL_SAY_LOGON_H

#include <stdio.h>

#include "smb/frame.h"

/* Fills in a failure of the logon, with a format and its values for the detail. */
#define say_logon(failure, logon_status, ...)                                                      \
    (*(failure) = (struct frame_failure){.stage = STAGE_LOGON, .status = (logon_status)},          \
     (void)snprintf((failure)->detail, sizeof(failure)->detail, __VA_ARGS__))

#endif
