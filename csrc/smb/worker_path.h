/* Where the worker program is: beside this library. Knows no Lua. */
#ifndef ROLLCALL_WORKER_PATH_H
#define ROLLCALL_WORKER_PATH_H

/* The program's absolute path, as it was when this library was loaded; empty where none is needed,
 * NULL if the library's folder cannot be found. */
const char *worker_path(void);

#endif
