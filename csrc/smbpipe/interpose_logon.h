/* Tells when libsmbclient has reached a server and is about to log on. */
#ifndef ROLLCALL_INTERPOSE_LOGON_H
#define ROLLCALL_INTERPOSE_LOGON_H

/* `before` is called then, and may take as long as it likes. */
void interpose_logon(void (*before)(void));

#endif
