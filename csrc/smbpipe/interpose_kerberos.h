/* What Kerberos fails with, and that a ticket-granting ticket stays here. */
#ifndef ROLLCALL_INTERPOSE_KERBEROS_H
#define ROLLCALL_INTERPOSE_KERBEROS_H

#include <stdint.h>

void kerberos_problem_forget(void);

/* The krb5_error_code that the last logon failed with, or 0. */
int32_t kerberos_problem(void);

#endif
