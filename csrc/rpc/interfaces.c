#include "rpc/interfaces.h"

#include <string.h>

#include "rpc/srvsvc.h"
#include "rpc/wkssvc.h"

enum { COUNT = 2 };

const struct rpc_interface *const interfaces[COUNT] = {&srvsvc, &wkssvc};
const size_t interface_count = COUNT;

const struct net_enum_call *interfaces_find_call(const char *name) {
    for (size_t i = 0; i < interface_count; i++)
        for (size_t j = 0; j < interfaces[i]->call_count; j++)
            if (strcmp(interfaces[i]->calls[j].name, name) == 0)
                return &interfaces[i]->calls[j];
    return NULL;
}
