/* libsmbclient has this function make an errno of each NTSTATUS that it fails with, and keeps the
 * errno alone. The program's comes first when the name is looked up. */
#define _GNU_SOURCE

#include "smbpipe/interpose_status.h"

#include <dlfcn.h>
#include <errno.h>

#include "smbpipe/nt_status.h"

typedef int map_errno(struct nt_status status);
typedef const char *errstr(struct nt_status status);

static uint32_t last;

void nt_status_forget(void) {
    last = 0;
}

uint32_t nt_status_last(void) {
    return last;
}

const char *nt_status_name(uint32_t status) {
    union {
        void *symbol;
        errstr *function;
    } name = {dlsym(RTLD_DEFAULT, "nt_errstr")};
    return name.symbol ? name.function((struct nt_status){status}) : "";
}

__attribute__((visibility("default"))) map_errno map_errno_from_nt_status;

int map_errno_from_nt_status(struct nt_status status) {
    union {
        void *symbol;
        map_errno *function;
    } original = {dlsym(RTLD_NEXT, "map_errno_from_nt_status")};
    last = status.value;
    return original.symbol ? original.function(status) : EINVAL;
}
