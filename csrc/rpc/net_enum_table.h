/* How an interface writes its tables. */
#ifndef ROLLCALL_NET_ENUM_TABLE_H
#define ROLLCALL_NET_ENUM_TABLE_H

#include "rpc/net_enum.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define LEVEL(number, fields)                                                                      \
    { number, COUNT(fields), fields }

#define U(name)                                                                                    \
    { name, NET_ENUM_UINT32 }
#define S(name)                                                                                    \
    { name, NET_ENUM_STRING }

#endif
