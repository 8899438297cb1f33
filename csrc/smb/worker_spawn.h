/* The worker program, started with a socket to it. POSIX alone. */
#ifndef ROLLCALL_WORKER_SPAWN_H
#define ROLLCALL_WORKER_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

/* The program's argument in a process that is to be copied, and not to be a worker itself. */
#define WORKER_TEMPLATE "template"

/* Two that are connected; the program is given the second. Returns 0, or an errno with none open.
 */
int worker_open_sockets(int sockets[2]);

/* Starts the program with the socket as its standard input: as a worker, or as a template, which is
 * the first of a process group. Returns 0, or an errno with nothing started. */
int worker_spawn(pid_t *process, const char *program, int socket, bool is_template);

#endif
