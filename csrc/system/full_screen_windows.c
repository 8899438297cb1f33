#include "system/full_screen.h"

#include <errno.h>

/* The console's keys cannot be waited for beside a server's answer. */
int full_screen_open(void) {
    return ENOSYS;
}

void full_screen_close(void) {
}

void full_screen_restore(void) {
}

bool full_screen_changed(void) {
    return false;
}

bool full_screen_size(int *columns, int *lines) {
    (void)columns, (void)lines;
    return false;
}

int full_screen_read(char *bytes, size_t size) {
    (void)bytes, (void)size;
    return -1;
}

bool full_screen_write(const char *bytes, size_t size) {
    (void)bytes, (void)size;
    return false;
}

int full_screen_descriptor(void) {
    return -1;
}
