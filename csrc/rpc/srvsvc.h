/* MS-SRVS: who uses a server. */
#ifndef ROLLCALL_SRVSVC_H
#define ROLLCALL_SRVSVC_H

#include "rpc/net_enum.h"

extern const struct rpc_interface srvsvc;

/* Whether an entry has the words that Samba fills in for the user and the computer of a
 * connection, which it does not know. */
bool srvsvc_is_placeholder(const struct net_enum_page *page, const struct net_enum_value *values);

#endif
