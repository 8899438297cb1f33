/* Why a logon failed and what to do about it, from what the server and Kerberos said. */
#ifndef ROLLCALL_LOGON_FAILURE_H
#define ROLLCALL_LOGON_FAILURE_H

#include <stdint.h>
#include <stdio.h>

#include "smb/frame.h"

/* Fills in a failure of the logon, with a format and its values for the detail. */
#define say_logon(failure, logon_status, ...)                                                      \
    (*(failure) = (struct frame_failure){.stage = STAGE_LOGON, .status = (logon_status)},          \
     (void)snprintf((failure)->detail, sizeof(failure)->detail, __VA_ARGS__))

void say_no_ticket(struct frame_failure *failure, const char *cache);

/* From the NTSTATUS that the logon ended with and the krb5_error_code, or 0. */
void explain_logon(struct frame_failure *failure, const struct frame_target *target,
                   uint32_t nt_status, int32_t kerberos_problem);

/* Whether this krb5_error_code is about a ticket that is there no more. */
bool is_about_an_old_ticket(int32_t kerberos_problem);

#endif
