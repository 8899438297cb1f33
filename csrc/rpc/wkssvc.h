/* MS-WKST: who is logged on to a computer. */
#ifndef ROLLCALL_WKSSVC_H
#define ROLLCALL_WKSSVC_H

#include "rpc/net_enum.h"

extern const struct rpc_interface wkssvc;

#endif
