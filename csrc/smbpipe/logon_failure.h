/* Why a logon failed and what to do about it, from what the server and Kerberos said. */
#ifndef ROLLCALL_LOGON_FAILURE_H
#define ROLLCALL_LOGON_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "smb/frame.h"

/* From the NTSTATUS that the logon ended with and the krb5_error_code, or 0. */
void explain_logon(struct frame_failure *failure, const struct frame_logon *logon,
                   uint32_t nt_status, int32_t kerberos_problem);

/* Whether this krb5_error_code is about a ticket that is there no more. */
bool is_about_an_old_ticket(int32_t kerberos_problem);

#endif
