/* smb.conf and the network's interfaces, which libsmbclient would read for each server anew. */
#ifndef ROLLCALL_INTERPOSE_CONFIGURATION_H
#define ROLLCALL_INTERPOSE_CONFIGURATION_H

/* From now on what has been read stays. */
void configuration_keep(void);

#endif
