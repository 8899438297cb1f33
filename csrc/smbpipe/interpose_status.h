/* What libsmbclient's errno was made of: it says EINVAL and EACCES of a dozen things. */
#ifndef ROLLCALL_INTERPOSE_STATUS_H
#define ROLLCALL_INTERPOSE_STATUS_H

#include <stdint.h>

void nt_status_forget(void);

/* The NTSTATUS that was last made an errno, or 0. */
uint32_t nt_status_last(void);

/* The symbol of an NTSTATUS, such as NT_STATUS_LOGON_FAILURE. */
const char *nt_status_name(uint32_t status);

#endif
