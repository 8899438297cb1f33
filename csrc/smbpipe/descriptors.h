/* What the program that starts the worker has open. */
#ifndef ROLLCALL_DESCRIPTORS_H
#define ROLLCALL_DESCRIPTORS_H

/* Closes everything but the standard streams. To be called before anything is opened: a host's
 * files that its children inherit would stay open, and its pipes without an end, as long as this
 * program runs. */
void descriptors_close_inherited(void);

#endif
