#define _GNU_SOURCE

#include "smb/worker_path.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "smbpipe";
static char path[PATH_MAX + 1 + sizeof program];

/* In the folder through which the library was loaded; or in that of the library itself, if it was
 * loaded through a link that has no worker beside it. */
static void find_beside(const char *library) {
    const char *slash = strrchr(library, '/');
    char *folder = slash ? strndup(library, (size_t)(slash - library) + 1) : NULL;
    char *resolved = folder ? realpath(folder, NULL) : NULL;
    char *itself = realpath(library, NULL);
    if (resolved)
        snprintf(path, sizeof path, "%s/%s", resolved, program);
    if (resolved && itself && access(path, X_OK) != 0)
        snprintf(path, sizeof path, "%.*s/%s", (int)(strrchr(itself, '/') - itself), itself,
                 program);
    free(folder);
    free(resolved);
    free(itself);
}

/* When the library is loaded, since its name may be relative to the working folder of that time:
 * what lies there later must not be given a password. */
__attribute__((constructor)) static void find(void) {
    Dl_info library;
    if (dladdr(program, &library) && library.dli_fname)
        find_beside(library.dli_fname);
}

const char *worker_path(void) {
    return path[0] ? path : NULL;
}
