#include "rpc/wkssvc.h"

#include "rpc/net_enum_table.h"

/* WKSTA_USER_INFO_n */
static const struct net_enum_field logon_0[] = {S("username")};
static const struct net_enum_field logon_1[] = {S("username"), S("logon_domain"), S("oth_domains"),
                                                S("logon_server")};
static const struct net_enum_level logon_levels[] = {LEVEL(1, logon_1), LEVEL(0, logon_0)};

static const struct net_enum_call calls[] = {
    {&wkssvc,
     "logons",
     "NetrWkstaUserEnum",
     "Administrators",
     2,
     0,
     {NULL},
     COUNT(logon_levels),
     logon_levels},
};

/* 6bffd098-a112-3610-9833-46c3f87e345a, version 1.0 */
const struct rpc_interface wkssvc = {
    "wkssvc",
    {{0x98, 0xd0, 0xff, 0x6b, 0x12, 0xa1, 0x10, 0x36, 0x98, 0x33, 0x46, 0xc3, 0xf8, 0x7e, 0x34,
      0x5a},
     1},
    COUNT(calls),
    calls,
};
