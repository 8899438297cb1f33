/* The calls of MS-SRVS that end a session or close a file. */
#ifndef ROLLCALL_CLOSING_CALLS_H
#define ROLLCALL_CLOSING_CALLS_H

#include "rpc/status_call.h"

extern const struct status_call session_del; /* ClientName, UserName */
extern const struct status_call file_close;  /* FileId */

#endif
