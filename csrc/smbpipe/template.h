/* The process that workers are copies of. It has loaded what they need, and never sees a
 * credential. */
#ifndef ROLLCALL_TEMPLATE_H
#define ROLLCALL_TEMPLATE_H

/* Makes a worker of each socket that comes from the module, and ends with the last of them when the
 * module hangs up. Returns in the workers, each time with its socket. */
int template_become_worker(int module);

#endif
