/* Which level of which call an input is for. */
#ifndef ROLLCALL_FUZZ_LEVEL_H
#define ROLLCALL_FUZZ_LEVEL_H

#include "rpc/interfaces.h"

static inline const struct net_enum_level *level_choose(unsigned number,
                                                        const struct net_enum_call **call) {
    for (;;)
        for (size_t i = 0; i < interface_count; i++)
            for (size_t j = 0; j < interfaces[i]->call_count; j++) {
                *call = &interfaces[i]->calls[j];
                for (size_t level = 0; level < (*call)->level_count; level++)
                    if (number-- == 0)
                        return &(*call)->levels[level];
            }
}

#endif
