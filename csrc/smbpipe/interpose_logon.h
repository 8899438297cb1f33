/* Tells when libsmbclient has reached a server and is about to log on. */
#ifndef ROLLCALL_INTERPOSE_LOGON_H
#define ROLLCALL_INTERPOSE_LOGON_H

#include <stdbool.h>

/* `before` is called then, and may take as long as it likes. */
void interpose_logon(void (*before)(void));

/* To be called before a server is opened. */
void logon_forget(void);

/* From now on until then a logon fails, as if the connection had been lost. */
void logon_forbid(void);

/* What has come of a logon since; neither of the two if it has not come to one. */
bool logon_succeeded(void);
bool logon_failed(void);

#endif
