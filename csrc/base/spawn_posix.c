#define _GNU_SOURCE

#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool spawn_is_among(const char *variable, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

int spawn_out_of_streams(int descriptors[2]) {
    int error = 0;
    for (int i = 0; i < 2; i++) {
        if (descriptors[i] > STDERR_FILENO)
            continue;
        int moved = fcntl(descriptors[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (moved < 0)
            error = errno;
        close(descriptors[i]);
        descriptors[i] = moved;
    }
    for (int i = 0; error && i < 2; i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
    return error;
}

/* To be freed; NULL without memory. */
static char **passed_environment(bool (*is_passed_on)(const char *variable)) {
    char *none[] = {NULL};
    char **all = environ ? environ : none;
    size_t count = 0;
    while (all[count])
        count++;
    char **passed = malloc((count + 1) * sizeof *passed);
    if (!passed)
        return NULL;
    char **next = passed;
    for (size_t i = 0; i < count; i++)
        if (is_passed_on(all[i]))
            *next++ = all[i];
    *next = NULL;
    return passed;
}

static int set_up(const struct spawn *spawn, posix_spawn_file_actions_t *actions,
                  posix_spawnattr_t *attributes) {
    sigset_t signals;
    int error = 0;
    for (int i = 0; i <= STDERR_FILENO && !error; i++)
        error = spawn->streams[i] < 0
                    ? posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDWR, 0)
                    : posix_spawn_file_actions_adddup2(actions, spawn->streams[i], i);
    sigfillset(&signals);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &signals);
    sigemptyset(&signals);
    if (!error)
        error = posix_spawnattr_setsigmask(attributes, &signals);
    if (!error)
        error = posix_spawnattr_setflags(
            attributes, (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | spawn->flags));
    return error;
}

int spawn_start(const struct spawn *spawn, pid_t *process) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    char **environment = passed_environment(spawn->is_passed_on);
    error = environment ? set_up(spawn, &actions, &attributes) : ENOMEM;
    if (!error)
        error = posix_spawn(process, spawn->program, &actions, &attributes, spawn->arguments,
                            environment);
    free(environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}
