#define _GNU_SOURCE

#include "smbpipe/descriptors.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* There may be as many as a thousand million by the limit, and three in fact. closefrom and
 * close_range would do, where there are such. */
static bool close_listed(void) {
    DIR *listing = opendir("/dev/fd");
    if (!listing)
        return false;
    bool closed;
    do {
        closed = false;
        rewinddir(listing);
        const struct dirent *entry;
        while ((entry = readdir(listing))) {
            int descriptor = (int)strtol(entry->d_name, NULL, 10);
            if (descriptor > STDERR_FILENO && descriptor != dirfd(listing))
                closed |= close(descriptor) == 0;
        }
    } while (closed);
    closedir(listing);
    return true;
}

void descriptors_close_inherited(void) {
    if (close_listed())
        return;
    long limit = sysconf(_SC_OPEN_MAX);
    for (int descriptor = STDERR_FILENO + 1; descriptor < limit; descriptor++)
        close(descriptor);
}
