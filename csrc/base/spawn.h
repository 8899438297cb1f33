/* A program of its own, started by whoever embeds this, with signals as a shell would give them and
 * no more of the environment than it is to have. POSIX alone. */
#ifndef ROLLCALL_SPAWN_H
#define ROLLCALL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct spawn {
    const char *program; /* a path */
    char *const *arguments;
    bool (*is_passed_on)(const char *variable); /* a variable of the environment, NAME=VALUE */
    int streams[3]; /* its standard input, output and error, above those; -1: /dev/null */
    short flags;    /* of posix_spawnattr_setflags, besides those for signals */
};

/* Returns 0, or an errno with nothing started. */
int spawn_start(const struct spawn *spawn, pid_t *process);

/* Whether a variable's name begins as one of these. */
bool spawn_is_among(const char *variable, const char *const *names, size_t count);

/* Where a host has closed standard streams, a new descriptor may get the number of one, and then
 * what is written to that. Returns 0 with two that are none of these, or an errno and both closed.
 */
int spawn_out_of_streams(int descriptors[2]);

#endif
