/* The interfaces that are known, and the calls of all of them by their names. */
#ifndef ROLLCALL_INTERFACES_H
#define ROLLCALL_INTERFACES_H

#include "rpc/net_enum.h"

extern const struct rpc_interface *const interfaces[];
extern const size_t interface_count;

const struct net_enum_call *interfaces_find_call(const char *name);

#endif
