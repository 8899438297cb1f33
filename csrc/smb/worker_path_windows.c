#include "smb/worker_path.h"

/* There is none: netapi32 does its work. */
const char *worker_program(lua_State *L) {
    (void)L;
    return NULL;
}
