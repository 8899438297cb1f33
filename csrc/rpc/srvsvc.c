#include "rpc/srvsvc.h"

#include <string.h>

#include "rpc/net_enum_table.h"

/* CONNECTION_INFO_n */
static const struct net_enum_field connection_0[] = {U("id")};
static const struct net_enum_field connection_1[] = {
    U("id"), U("type"), U("num_opens"), U("num_users"), U("time"), S("username"), S("netname")};
static const struct net_enum_level connection_levels[] = {LEVEL(1, connection_1),
                                                          LEVEL(0, connection_0)};

/* FILE_INFO_n */
static const struct net_enum_field file_2[] = {U("id")};
static const struct net_enum_field file_3[] = {U("id"), U("permissions"), U("num_locks"),
                                               S("pathname"), S("username")};
static const struct net_enum_level file_levels[] = {LEVEL(3, file_3), LEVEL(2, file_2)};

/* SESSION_INFO_n */
static const struct net_enum_field session_0[] = {S("cname")};
static const struct net_enum_field session_1[] = {S("cname"), S("username"),  U("num_opens"),
                                                  U("time"),  U("idle_time"), U("user_flags")};
static const struct net_enum_field session_2[] = {S("cname"),      S("username"),  U("num_opens"),
                                                  U("time"),       U("idle_time"), U("user_flags"),
                                                  S("cltype_name")};
static const struct net_enum_field session_10[] = {S("cname"), S("username"), U("time"),
                                                   U("idle_time")};
static const struct net_enum_field session_502[] = {
    S("cname"),     S("username"),   U("num_opens"),   U("time"),
    U("idle_time"), U("user_flags"), S("cltype_name"), S("transport")};
static const struct net_enum_level session_levels[] = {LEVEL(502, session_502), LEVEL(2, session_2),
                                                       LEVEL(1, session_1), LEVEL(10, session_10),
                                                       LEVEL(0, session_0)};

/* SHARE_INFO_n */
static const struct net_enum_field share_0[] = {S("netname")};
static const struct net_enum_field share_1[] = {S("netname"), U("type"), S("remark")};
static const struct net_enum_field share_2[] = {S("netname"),     U("type"),     S("remark"),
                                                U("permissions"), U("max_uses"), U("current_uses"),
                                                S("path"),        S("passwd")};
static const struct net_enum_field share_501[] = {S("netname"), U("type"), S("remark"), U("flags")};
static const struct net_enum_level share_levels[] = {LEVEL(2, share_2), LEVEL(501, share_501),
                                                     LEVEL(1, share_1), LEVEL(0, share_0)};

static const struct net_enum_call calls[] = {
    {&srvsvc,
     "connections",
     "NetrConnectionEnum",
     "Administrators, Server Operators, Print Operators or Power Users (of a Samba: "
     "Administrators)",
     8,
     1,
     {"qualifier"},
     COUNT(connection_levels),
     connection_levels},
    {&srvsvc,
     "files",
     "NetrFileEnum",
     "Administrators or Server Operators (of a Samba: Administrators)",
     9,
     2,
     {"basepath", "user"},
     COUNT(file_levels),
     file_levels},
    {&srvsvc,
     "sessions",
     "NetrSessionEnum",
     "Administrators or Server Operators (of a Samba: Administrators)",
     12,
     2,
     {"client_name", "user"},
     COUNT(session_levels),
     session_levels},
    {&srvsvc,
     "shares",
     "NetrShareEnum",
     "Administrators, Server Operators, Print Operators or Power Users",
     15,
     0,
     {NULL},
     COUNT(share_levels),
     share_levels},
};

/* 4b324fc8-1670-01d3-1278-5a47bf6ee188, version 3.0 */
const struct rpc_interface srvsvc = {
    "srvsvc",
    {{0xc8, 0x4f, 0x32, 0x4b, 0x70, 0x16, 0xd3, 0x01, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1,
      0x88},
     3},
    COUNT(calls),
    calls,
};

static bool is_text(const struct ndr_string *string, const char *ascii) {
    if (!string->utf16 || string->units != strlen(ascii))
        return false;
    for (size_t i = 0; i < string->units; i++)
        if (ndr_uint16_at(string->utf16 + 2 * i) != (uint8_t)ascii[i])
            return false;
    return true;
}

bool srvsvc_is_placeholder(const struct net_enum_page *page, const struct net_enum_value *values) {
    return page->name != NET_ENUM_NO_FIELD && page->username != NET_ENUM_NO_FIELD &&
           is_text(&values[page->name].string, "IPC$") &&
           is_text(&values[page->username].string, "dummy_user");
}
